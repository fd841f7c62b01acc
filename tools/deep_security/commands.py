"""What each command does, in an order that leaves Deep Security with a working key wherever it stops."""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.deep_security import interrupts, plan
from tools.deep_security.api import SettingsApi
from tools.deep_security.aws import AccessKey, AccessKeys
from tools.deep_security.plan import Settings
from tools.deep_security.texts import TEXTS, Refusal, say


@dataclass
class Commands:
    """`stands` says how things stand if a command stops here."""

    api: SettingsApi
    confirm: Callable[[str], None]
    stands: str = "Nothing was changed."

    def show(self, settings: Settings, keys: AccessKeys | None) -> int:
        present = self.api.read()
        changes = self._changes(present, settings, keys)
        rest = [f"  {label}: {plan.shown(present[name])}" for name, label in plan.LABELS.items() if name not in changes]
        say(*(["Differs:", *plan.describe(present, changes), "The rest:"] if changes else ["No difference:"]), *rest)
        return 1 if changes else 0

    def apply(self, settings: Settings, keys: AccessKeys, *, replace: bool) -> None:
        present = self.api.read()
        changes = self._changes(present, settings, keys)
        if (topics := plan.other_topics(present, settings)) and not replace:
            raise Refusal(TEXTS["other_topics"].format(topics=", ".join(topics)))
        if plan.ACCESS_KEY in changes and len(known := keys.list()) > 1:
            raise Refusal(TEXTS["two_keys"].format(user=keys.user, key=known[1].id))
        if not self._agreed(present, changes):
            return
        if changes.pop(plan.ACCESS_KEY, None):
            self._set_new_key(keys, changes)
        else:
            self._set(changes)
        say("Done. Now press Test credentials and send notification in Deep Security: the API has no call for it.")

    def rotate(self, keys: AccessKeys, wait: Callable[[], bool], resume: bool) -> None:
        used, other = self._used_and_other(keys)
        if resume and not (other and other.active):
            raise Refusal("There is no second active key, and so nothing to resume.")
        if other and not resume:
            raise Refusal(TEXTS["two_keys"].format(user=keys.user, key=other.id))
        old = other or used
        self.confirm(f"Deactivate {old.id} as soon as {used.id if resume else 'a new key'} works?")
        new = used if resume else self._set_new_key(keys, {}, old)
        self.stands = f"Deep Security works with {new.id}. {old.id} may still be active: go on with rotate --resume."
        if not wait():
            raise Refusal(TEXTS["no_message"])
        keys.deactivate(old)
        say(f"Deep Security works with {new.id}. {old.id} is inactive; delete it in a day or so: rotate --finish.")

    def finish(self, keys: AccessKeys) -> None:
        used, other = self._used_and_other(keys)
        self.stands = f"Deep Security works with {used.id}."
        if other and other.active:
            raise Refusal(TEXTS["two_keys"].format(user=keys.user, key=other.id))
        if other:
            self.confirm(f"Delete the inactive key {other.id}?")
            keys.delete(other)
        say(self.stands, f"{other.id} is deleted." if other else "There is no other key.")

    def undo(self, file: Path, secret: Callable[[str], str]) -> None:
        former = self._kept(file)
        present = self.api.read()
        changes = plan.differences(present, former)
        before, after = present[plan.ACCESS_KEY], changes.get(plan.ACCESS_KEY)
        if not self._agreed(present, changes):
            return
        if after is not None:
            changes[plan.SECRET_KEY] = after and secret(after)
        self._set(changes)
        say("Done." if after is None or not before else f"Done. Delete {before} if nothing else uses it.")

    def _changes(self, present: Settings, settings: Settings, keys: AccessKeys | None) -> dict[str, str]:
        changes = plan.differences(present, settings)
        if keys and present[plan.ACCESS_KEY] not in [key.id for key in keys.list() if key.active]:
            changes[plan.ACCESS_KEY] = f"an active key of the user {keys.user}"
        return changes

    def _agreed(self, present: Settings, changes: Settings) -> bool:
        """Whether there is anything to change; after a yes, and with the present settings kept."""
        if not changes:
            say("Deep Security has these settings already.")
            return False
        say("Changes:", *plan.describe(present, changes))
        self.confirm("Change this?")
        # Only its owner can read such a file.
        prefix = f"deep-security-{time.strftime('%Y%m%d-%H%M%S')}-"
        with tempfile.NamedTemporaryFile("w", suffix=".json", prefix=prefix, dir=".", delete=False) as file:
            json.dump({"manager": self.api.address, "settings": dict(present)}, file, indent=2)
        say(f"The former settings are kept in {Path(file.name).name}, for undo.")
        return True

    def _kept(self, file: Path) -> dict[str, str]:
        """What `_agreed` kept."""
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept["manager"] != self.api.address:
                raise Refusal(f"{file} has the settings of {kept['manager']}.")
            return {name: str(kept["settings"][name]) for name in plan.LABELS}
        except (ValueError, LookupError, TypeError):
            raise Refusal(f"{file} is not a file of settings that apply kept.") from None

    def _used_and_other(self, keys: AccessKeys) -> tuple[AccessKey, AccessKey | None]:
        used, known = AccessKey(self.api.read_one(plan.ACCESS_KEY)), keys.list()
        if used not in known:
            raise Refusal(f"Deep Security has {used.id or 'no key'}, no active key of {keys.user}. First apply.")
        return used, next((key for key in known if key != used), None)

    def _set(self, changes: Settings) -> None:
        self.stands = "See by show what Deep Security has now."
        self.api.write(changes)
        expected = {name: value for name, value in changes.items() if name != plan.SECRET_KEY}
        if wrong := plan.differences(self.api.read(), expected):
            names = ", ".join(plan.LABELS[name] for name in wrong)
            raise Refusal(f"Deep Security took the change and still has other values: {names}.")

    def _set_new_key(self, keys: AccessKeys, changes: Settings, old: AccessKey | None = None) -> AccessKey:
        key, sent, works = None, False, f" Deep Security works with {old.id}." if old else ""
        self.stands = f"If the user {keys.user} has a new access key, delete it: nothing uses it.{works}"
        try:
            with interrupts.held():
                key = keys.create()
                say(f"Created the access key {key.id} of the user {keys.user}.")
            keys.wait_until_valid(key)
            sent = True
            self._set({**changes, plan.ACCESS_KEY: key.id, plan.SECRET_KEY: key.secret})
        except BaseException as error:
            sent = sent and not (isinstance(error, Refusal) and error.final)
            with interrupts.held():
                if key and not (sent and self._may_have(key, old)):
                    self.stands = f"Delete the new access key {key.id}: nothing uses it.{works}"
                    keys.delete(key)
                    self.stands = f"The new access key {key.id} is deleted again.{works}"
            raise
        return key

    def _may_have(self, key: AccessKey, old: AccessKey | None) -> bool:
        """Whether Deep Security has the new key, or may yet replace a working one by it."""
        try:
            has: str | None = self.api.read_one(plan.ACCESS_KEY)
        except Refusal:
            has = None
        self.stands = f"Deep Security {'has' if has == key.id else 'may have'} the new key {key.id}, which works. "
        self.stands += f"{old.id} is active too: rotate --resume goes on." if old else "Delete it if show lacks it."
        return bool(old) or has in {None, key.id}
