"""Log lines in JSON, which CloudWatch Logs Insights reads field by field, and what of an error may stand in them."""

import json
import ssl


class LoggableError(Exception):
    """An error whose message may be logged: it holds no content of an event and no API key."""


def reason_of(error: BaseException) -> str:
    """The message of an error of ours, else its name and what TLS says: any other text may hold content or the key."""
    if isinstance(error, LoggableError):
        return str(error)
    name, cause = type(error).__name__, error
    while cause.__context__ is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__context__
    return f"{name}: {cause.verify_message}" if isinstance(cause, ssl.SSLCertVerificationError) else name


def write(level: str, message: str, **fields: object) -> None:
    """Writes one line. Fields never hold content of an event or the API key."""
    print(json.dumps({"level": level, "message": message, **fields}, separators=(",", ":")), flush=True)
