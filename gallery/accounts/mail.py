"""Sending a mail of our own; allauth's go by its adapter."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(to: str, subject: str, template: str, values: dict[str, Any]) -> bool:
    """Send one mail where mail works and there is an address. Returns whether the mail server took it."""
    if not (settings.MAIL_WORKS and to):
        return False
    try:
        send_mail(subject, render_to_string(template, values), settings.DEFAULT_FROM_EMAIL, [to])
    except OSError as error:
        logger.error("mail not sent kind=%s error=%s", template, error)
        return False
    return True
