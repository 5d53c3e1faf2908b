"""Takes notices out of the outbox and sends each exactly once (reliability, section 2).

claiming: rows and their states · looking, archive: was it delivered? · sending: the loop ·
smtp, robots: how a message leaves · fence: a paused process does nothing late · wording: the bytes
"""

from rectification.delivery.again import SendAgainRefused, send_again, send_all_again
from rectification.delivery.claiming import doubt_all
from rectification.delivery.sending import Tally, deliver_due

__all__ = ["SendAgainRefused", "Tally", "deliver_due", "doubt_all", "send_again", "send_all_again"]
