"""Webhooks: making them, switching them, what was sent to them, and sending it again."""

import json
import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import reasons
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import StrictMixin, UtcDateTimeField
from gallery.api.filters import NoFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import Webhook, WebhookDelivery
from gallery.webhooks import hooks, posting
from gallery.webhooks.events import EVENTS

MAX_IDS = 100


class EventsField(serializers.ListField):
    """The events that a webhook is told of, which the row keeps in one text."""

    def to_representation(self, data: Any) -> list[str]:
        """Return them as a list."""
        return str(data).split()


@extend_schema_serializer(component_name="Webhook")
class WebhookSerializer(StrictMixin, serializers.ModelSerializer[Webhook]):
    """An address that is told of changes in your library. `disabled_for` says why nothing is sent to it."""

    url = serializers.CharField(
        max_length=posting.MAX_URL, help_text="https, port 443 or 8443, on the public internet."
    )
    events = EventsField(
        child=serializers.ChoiceField(choices=list(EVENTS.values())),
        allow_empty=False,
        max_length=len(EVENTS),
    )
    active = serializers.BooleanField(source="is_active", required=False)
    disabled_for = serializers.ChoiceField(choices=["", *Webhook.Reason.values], read_only=True)
    failing_since = UtcDateTimeField(read_only=True, allow_null=True)
    delivered_at = UtcDateTimeField(
        read_only=True, allow_null=True, help_text="The last message that arrived."
    )
    created_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = Webhook
        fields = [
            "id", "name", "url", "events", "active", "disabled_for", "failures", "failing_since", "delivered_at",
            "created_at",
        ]  # fmt: skip
        read_only_fields = ["failures"]


@extend_schema_serializer(component_name="NewWebhook")
class MadeWebhookSerializer(WebhookSerializer):
    """A webhook that was just made, with the secret by which its messages are signed: it cannot be read again."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


@extend_schema_serializer(component_name="WebhookDelivery")
class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One message: its id is the header webhook-id, the same at each attempt."""

    state = serializers.ChoiceField(choices=WebhookDelivery.State.choices, read_only=True)
    error = serializers.SerializerMethodField(help_text="Why the last attempt failed.")
    body = serializers.SerializerMethodField(help_text="What is sent.")
    next_attempt_at = serializers.SerializerMethodField()
    attempted_at = UtcDateTimeField(read_only=True, allow_null=True)
    created_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "id", "event", "state", "attempts", "status", "error", "duration_ms", "attempted_at", "next_attempt_at",
            "created_at", "body",
        ]  # fmt: skip
        read_only_fields = fields

    def get_error(self, delivery: WebhookDelivery) -> str:
        return reasons.said(delivery.error)

    def get_body(self, delivery: WebhookDelivery) -> dict[str, Any]:
        sent: dict[str, Any] = json.loads(delivery.body)
        return sent

    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        waits = delivery.state == WebhookDelivery.State.WAITING
        return UtcDateTimeField().to_representation(delivery.not_before) if waits else None


@extend_schema_serializer(component_name="Replay")
class ReplaySerializer(StrictMixin, serializers.Serializer[Any]):
    """Which messages are to be sent again; left out, all that failed."""

    deliveries = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=MAX_IDS
    )


class ReplayedSerializer(serializers.Serializer[Any]):
    """How many messages are sent again."""

    replayed = serializers.IntegerField()


SENT: dict[str, type[serializers.BaseSerializer[Any]]] = {
    "replay": ReplaySerializer,
    "ping": serializers.Serializer,
    "deliveries": DeliverySerializer,
}


class WebhookViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Your webhooks. Tokens need the scope "manage", to see them as well: an address may hold a secret."""

    queryset = Webhook.objects.none()
    serializer_class = WebhookSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = NoFilter
    filtered = ("list", "deliveries")
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    versioned = ("retrieve", "partial_update", "destroy")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        return SENT.get(self.action, WebhookSerializer)

    def get_queryset(self) -> QuerySet[Webhook]:
        return hooks.of(person(self.request))

    def get_object(self) -> Webhook:
        self.found = hooks.one(person(self.request), self.kwargs["pk"])
        if self.action in {"partial_update", "destroy"}:
            versions.require(self.request, _version(self.found))
        return self.found

    @extend_schema(operation_id="webhooks_list", summary="List webhooks")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your webhooks, the newest first. No answer tells a secret again."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="webhooks_retrieve", summary="Show a webhook")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One webhook of yours, and whether it works."""
        return versions.tagged(request, super().retrieve(request, *args, **kwargs), _version(self.found))

    @extend_schema(
        operation_id="webhooks_create",
        summary="Make a webhook",
        request=WebhookSerializer,
        responses={201: MadeWebhookSerializer},
    )
    def create(self, request: Request) -> Response:
        """Have an address told of what happens from now on. The answer holds the secret, this once."""
        asked = WebhookSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        active = values.pop("is_active", True)
        hook, secret = hooks.make(person(request), **values)
        if not active:
            hooks.change(hook, active=False)
        body = {**WebhookSerializer(hook).data, "secret": secret}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "private, no-store"})

    @extend_schema(operation_id="webhooks_update", summary="Change a webhook, or switch it off or on")
    def partial_update(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Change what is sent. Switched on again, it is told what happened meanwhile, for up to 90 days."""
        answer = versions.guarded(request, lambda: self._change(request))
        return versions.tagged(request, answer, _version(self.found))

    def _change(self, request: Request) -> Response:
        hook = self.get_object()
        asked = WebhookSerializer(
            hook, data=request.data, partial=True, context=self.get_serializer_context()
        )
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        hooks.change(hook, active=values.pop("is_active", None), **values)
        return Response(WebhookSerializer(hook, context=self.get_serializer_context()).data)

    @extend_schema(operation_id="webhooks_delete", summary="Delete a webhook", responses={204: None})
    def destroy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Delete the webhook and its log."""
        return versions.guarded(request, self._end)

    def _end(self) -> Response:
        hooks.delete(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="webhooks_deliveries",
        summary="List what was sent",
        responses=DeliverySerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Messages of the last 30 days, the newest first, with what came of each."""
        rows = self.filter_queryset(hooks.log_of(self.get_object()))
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    @extend_schema(
        operation_id="webhooks_ping",
        summary="Send a message that tells of nothing",
        request=None,
        responses={202: DeliverySerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def ping(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Try the way: the event is called ping, and the list of deliveries tells what came of it."""
        delivery = hooks.ping(self.get_object())
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="webhooks_replay",
        summary="Send messages again",
        request=ReplaySerializer,
        responses={202: ReplayedSerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def replay(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Send messages once more, with the ids that they had. What is no message of this webhook is passed over."""
        hook, asked = self.get_object(), ReplaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        replayed = hooks.replay(hook, asked.validated_data.get("deliveries"))
        return Response({"replayed": replayed}, status=status.HTTP_202_ACCEPTED)


def _version(hook: Webhook) -> str:
    # What its owner says of it; what came of the messages is no change of theirs.
    return versions.of(hook.pk, hook.name, hook.url, hook.events, hook.disabled_at)
