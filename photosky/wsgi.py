"""The WSGI application; it refuses to start where a start-up check finds an error."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from photosky import database
from photosky.startup import refuse_unsafe_start

application = get_wsgi_application()
database.limit_statements(settings.DATABASE_STATEMENT_SECONDS)
refuse_unsafe_start()
