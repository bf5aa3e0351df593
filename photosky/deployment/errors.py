"""What stops a deployment; each message names the thing and the remedy."""


class DeploymentError(Exception):
    """Something is wrong that a person can act on."""


class PackageError(DeploymentError):
    """The package is not fit to be deployed; nothing was sent."""
