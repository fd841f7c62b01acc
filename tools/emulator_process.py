"""ministack, completed by what Terraform asks for when it removes an IAM user with `force_destroy`.

The AWS provider lists each kind of credential that a user can have; ministack 1.5.33 does not know three of the lists.
Nobody gets such credentials here, so the lists are empty.
"""

from typing import Any

from ministack.app import main
from ministack.services import iam

EMPTY_LISTS = {
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListSigningCertificates": "Certificates",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
}


def _answer_with_empty_list(action: str, element: str) -> None:
    body = f"<{action}Result><{element}/><IsTruncated>false</IsTruncated></{action}Result>"

    def handler(_: Any) -> Any:
        return iam._xml(200, f"{action}Response", body, ns="iam")  # noqa: SLF001

    iam._IAM_HANDLERS.setdefault(action, handler)  # noqa: SLF001


if __name__ == "__main__":
    for action, element in EMPTY_LISTS.items():
        _answer_with_empty_list(action, element)
    main()
