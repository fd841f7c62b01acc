"""Deep Security's system settings API: settings are read one by one, and set in one call."""

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
import urllib3

from tools.deep_security import plan
from tools.deep_security.texts import TEXTS, Refusal

# Seconds to connect, and between two parts of an answer.
TIMEOUT = (10, 60)
UNSENT = (requests.exceptions.SSLError, requests.exceptions.ConnectTimeout)


class SettingsApi:
    def __init__(self, address: str, api_key: str, key_header: str | None = None, verify: bool | str = True) -> None:
        self.address = base_address(address)
        if not re.fullmatch("[!-~]+", api_key):
            raise Refusal("The API key has blanks or other characters that no API key has. Copy it again.")
        self._api_key = api_key
        # Keys of a Cloud One account begin with tmc; those made in the product itself have another form.
        cloud_one = self.address.endswith(".cloudone.trendmicro.com") and api_key.startswith("tmc")
        self.key_header = key_header or ("authorization" if cloud_one else "api-secret-key")
        self._session = requests.Session()
        # Not a header, which a .netrc would replace.
        self._session.auth = self._sign
        # With each request, because REQUESTS_CA_BUNDLE goes before the session's.
        self._verify = verify
        if verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def read(self) -> dict[str, str]:
        return {name: self.read_one(name) for name in plan.LABELS}

    def read_one(self, name: str) -> str:
        response = self._call("GET", f"/{name}")
        try:
            return str(response.json()["value"])
        except (ValueError, LookupError, TypeError):
            raise Refusal(f"{self.address} does not answer as a manager's API does. Is a proxy in between?") from None

    def write(self, settings: Mapping[str, str]) -> None:
        self._call("POST", "", {name: {"value": value} for name, value in settings.items()})

    def _call(self, method: str, path: str, body: Mapping[str, Mapping[str, str]] | None = None) -> requests.Response:
        url, send = f"{self.address}/api/systemsettings{path}", self._session.request
        try:
            response = send(method, url, json=body, timeout=TIMEOUT, verify=self._verify, allow_redirects=False)
        except (OSError, ValueError) as error:
            final = method == "POST" and (isinstance(error, UNSENT) or "NewConnectionError" in repr(error))
            # OSError itself is a CA file that cannot be read. Of others only the type is told: some name headers.
            tls = isinstance(error, requests.exceptions.SSLError) or type(error) is OSError
            advice = "Name the CA of its certificate: --ca-bundle." if tls else "Check address, port and the way there."
            raise Refusal(
                f"No usable answer from {self.address} ({type(error).__name__}). {advice}", final=final
            ) from None
        if response.status_code != 200:
            final = method == "POST" and response.status_code < 500 and response.status_code != 408
            raise Refusal(self._reason(response, (body or {}).get(plan.SECRET_KEY, {}).get("value")), final=final)
        return response

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        prefix = "ApiKey " if self.key_header == "authorization" else ""
        request.headers.update({"api-version": "v1", self.key_header: prefix + self._api_key})
        return request

    def _reason(self, response: requests.Response, secret: str | None) -> str:
        advice = TEXTS["status"].get(str(response.status_code), TEXTS["other_status"]).format(header=self.key_header)
        if response.is_redirect:
            advice = f"redirects to {urlsplit(response.headers['location']).netloc}, which does not get the API key."
        try:
            # Decoded, because a secret can be escaped in it.
            said = json.dumps(response.json(), ensure_ascii=False)
        except ValueError:
            said = response.text
        for confidential in filter(None, (self._api_key, secret)):
            said = said.replace(confidential, "(secret)")
        return f"{self.address} {advice} HTTP {response.status_code}: {said[:200]}"


def base_address(address: str) -> str:
    """The address without a path; one with a user name in it is refused, because it would be shown."""
    match = re.fullmatch(r"(https://([\w.-]+|\[[\da-fA-F:]+\])(:\d+)?(/[\w.-]+)*?)(/api)?/?", address)
    if not match or ".xdr.trendmicro." in f".{match[2]}":
        raise Refusal(TEXTS["vision_one" if match else "address"])
    return match[1]
