"""The admin: the place from which the owner of the site runs it."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from gallery.models import User

admin.site.register(User, UserAdmin)
