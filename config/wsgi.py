import os

from django.core.wsgi import get_wsgi_application

import config.celery  # noqa: F401  # pages ring the doorbell, and this is whose doorbell it is

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
