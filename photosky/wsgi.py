"""The WSGI application; it refuses to start where a start-up check finds an error."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "photosky.settings")

from django.core.wsgi import get_wsgi_application

from photosky.startup import refuse_unsafe_start

application = get_wsgi_application()
refuse_unsafe_start()
