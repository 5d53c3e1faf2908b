from django.urls import path

from accounts import deputy_views, journal_views, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.password_change, name="password_change"),
    path("password/done/", views.password_done, name="password_done"),
    path("deputies/", deputy_views.deputy_list, name="deputy_list"),
    path("deputies/appoint/", deputy_views.deputy_appoint, name="deputy_appoint"),
    path("deputies/<int:pk>/end/", deputy_views.deputy_end, name="deputy_end"),
    path("deputies/<int:pk>/act/", deputy_views.deputy_act, name="deputy_act"),
    path("deputies/rest/", deputy_views.deputy_rest, name="deputy_rest"),
    path("journal/", journal_views.journal_list, name="journal_list"),
    path("journal/verify/", journal_views.journal_verify, name="journal_verify"),
    path("journal/export/", journal_views.journal_export, name="journal_export"),
]
