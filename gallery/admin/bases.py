"""Django's own classes under names that can be inherited: the type stubs make them generic, Django does not."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.paginator import Paginator
from django.forms import BaseInlineFormSet, ModelForm

from gallery.models import Album, AlbumImage, AlbumMember, Tag, User

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
    EntryFormSet = BaseInlineFormSet[AlbumImage, Album, Any]
    EntryTable = admin.TabularInline[AlbumImage, Album]
    MemberFormSet = BaseInlineFormSet[AlbumMember, Album, Any]
    MemberTable = admin.TabularInline[AlbumMember, Album]
    AnyUserAdmin = UserAdmin[User]
    InvitationFields = ModelForm[AlbumMember]
    TagFields = ModelForm[Tag]
else:
    AnyAdmin = admin.ModelAdmin
    AnyPaginator = Paginator
    EntryFormSet = MemberFormSet = BaseInlineFormSet
    EntryTable = MemberTable = admin.TabularInline
    AnyUserAdmin = UserAdmin
    InvitationFields = TagFields = ModelForm
