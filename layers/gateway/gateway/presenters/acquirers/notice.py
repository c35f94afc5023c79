"""The response to an acquirer's webhook."""

from gateway.presenters.resource import Member, Resource
from gateway.presenters.vocabulary import BOOLEAN

NOTICE_RECEIVED = Resource[None](
    "AcquirerNotice", Member("received", {**BOOLEAN, "const": True}, lambda _: True)
)
