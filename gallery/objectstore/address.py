"""Where browsers find the store, derived from settings.S3 as botocore derives it, but without importing botocore."""

from urllib.parse import quote, urlsplit

from django.conf import settings

# botocore's partitions whose hosts do not end in amazonaws.com.
DNS_SUFFIXES = {"cn-": "amazonaws.com.cn"}


def browser_base() -> str:
    """Return the address that keys are appended to, ending in a slash; the key must be quoted for a path."""
    s3 = settings.S3
    endpoint = s3.public_endpoint or s3.endpoint or f"https://s3.{s3.region}.{_dns_suffix(s3.region)}"
    if not _virtual():
        return f"{endpoint.rstrip('/')}/{quote(s3.bucket)}/"
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{s3.bucket}.{parts.netloc}{parts.path.rstrip('/')}/"


def browser_origins() -> list[str]:
    """Return the origins that pages load from and send to: for img-src, connect-src and form-action."""
    addresses = [browser_base(), settings.S3.media_base_url]
    origins = [
        f"{parts.scheme}://{parts.netloc}" for address in addresses if (parts := urlsplit(address)).netloc
    ]
    return list(dict.fromkeys(origins))


def _virtual() -> bool:
    """Say whether the bucket is part of the host name; a dot in its name would break the certificate."""
    s3 = settings.S3
    if s3.addressing == "auto" and s3.endpoint:
        return False
    return s3.addressing != "path" and "." not in s3.bucket


def _dns_suffix(region: str) -> str:
    return next(
        (suffix for start, suffix in DNS_SUFFIXES.items() if region.startswith(start)), "amazonaws.com"
    )
