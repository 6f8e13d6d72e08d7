"""What staff can do, in words: every form of the panel by the name under which it is written down, for ever."""

from admin.format import Format
from loyalty.i18n import mark

# By name; or by name and the end of the address, where one form does two things.
ACTIONS = {
    "sign_in.by_password": mark("Signed in by password"),
    "sign_in.use_link": mark("Signed in by a link"),
    "sign_in.sign_out": mark("Signed out"),
    "account.set_password": mark("Set their password"),
    "account.offer_codes": mark("Began to set up an app for codes"),
    "account.ask_codes": mark("Set up an app for codes"),
    "account.ask_no_codes": mark("Gave up codes of an app"),
    "account.end_session": mark("Ended sessions of their own"),
    "team.invite": mark("Took somebody into the team"),
    "team.another_link": mark("Made a link for somebody to come in"),
    "team.change_role": mark("Changed somebody’s role"),
    "team.let_go": mark("Let somebody go"),
    "settings.change": mark("Changed the programme’s settings"),
    "keys.create": mark("Made a key"),
    "keys.rotate": mark("Rotated a key"),
    "keys.revoke": mark("Revoked a key"),
    "members.adjust": mark("Adjusted points"),
    "members.make_link": mark("Made a link to a member’s own page"),
    "views.save": mark("Saved a view of a list"),
    "views.rename": mark("Renamed a view of a list"),
    "views.delete": mark("Deleted a view of a list"),
    "purchases.refused.replay": mark("Had a refused call done again"),
    "members.rights.export": mark("Gave out all that is known of a person"),
    "members.rights.release": mark("Let go of points held for a reward"),
    "members.rights.erase": mark("Erased a person"),
    "tiers.hold": mark("Held a member at a tier, or no more"),
    "tiers.publish": mark("Published tiers"),
    "rewards.changes.write": mark("Wrote a reward"),
    "rewards.changes.set_offered retire": mark("Retired a reward"),
    "rewards.changes.set_offered offer": mark("Offered a reward again"),
    "rewards.changes.codes": mark("Added codes to a reward"),
    "referrals.decide release": mark("Released a referral"),
    "referrals.decide refuse": mark("Refused a referral"),
    "referrals.publish": mark("Published terms of referrals"),
    "surveys.plans.write": mark("Wrote a survey"),
    "surveys.plans.set_open publish": mark("Published a survey"),
    "surveys.plans.set_open close": mark("Closed a survey"),
    "surveys.plans.publish_policy": mark("Published the policy of surveys"),
    "surveys.case_routes.take": mark("Worked on a case of a survey"),
    "surveys.leave_out": mark("Left an answer out of the score, or let it back in"),
    "rules.begin": mark("Began a draft of rules"),
    "rules.writing.write": mark("Wrote a rule of a draft"),
    "rules.step": mark("Changed a draft of rules"),
    "rules.delete": mark("Deleted a draft of rules"),
    "rules.publishing.publish": mark("Published rules"),
    "rules.withdraw": mark("Withdrew rules that were to come"),
    "rules.backtesting.start": mark("Started a back-test"),
    "rules.backtesting.cancel": mark("Cancelled a back-test"),
    "segments.write": mark("Wrote a segment"),
    "segments.refresh": mark("Counted a segment anew"),
    "segments.delete": mark("Deleted a segment"),
    "effects.estimate": mark("Had the effect estimated"),
    "effects.cancel": mark("Stopped an estimate"),
    "effects.start": mark("Started a holdout"),
    "effects.stop": mark("Stopped a holdout"),
    "effects.aim": mark("Set an objective"),
    "effects.withdraw": mark("Withdrew an objective"),
    "costs.enter": mark("Entered a cost"),
    "costs.withdraw": mark("Withdrew a cost"),
    "imports.send": mark("Sent a file"),
    "imports.cancel": mark("Cancelled an import"),
    "exports.ask": mark("Asked for an export"),
    "exports.cancel": mark("Cancelled an export"),
}
ROOMS = tuple(dict.fromkeys(name.partition(".")[0] for name in ACTIONS))


def action_said(name: str, address: str, f: Format) -> str:
    """Say what was done; a name that there is not any more says itself."""
    known = ACTIONS.get(f"{name} {address.rpartition('/')[2]}") or ACTIONS.get(name)
    return f.words.gettext(known) if known else name


def names_in(room: str) -> list[str]:
    """List the names of a room's actions."""
    return sorted({name.partition(" ")[0] for name in ACTIONS if name.startswith(f"{room}.")})


def room_said(room: str, f: Format) -> str:
    """Name a room."""
    words = f.words
    return {
        "sign_in": words.gettext("Signing in and out"),
        "account": words.pgettext("page", "Your way in"),
        "team": words.pgettext("page", "Team"),
        "settings": words.pgettext("page", "Settings"),
        "keys": words.pgettext("page", "Keys"),
        "members": words.pgettext("page", "Members"),
        "purchases": words.pgettext("page", "Purchases"),
        "views": words.gettext("Saved views"),
        "tiers": words.pgettext("page", "Tiers"),
        "rewards": words.pgettext("page", "Rewards"),
        "referrals": words.pgettext("page", "Referrals"),
        "surveys": words.pgettext("page", "Surveys"),
        "rules": words.pgettext("page", "Rules"),
        "segments": words.pgettext("page", "Segments"),
        "effects": words.pgettext("page", "Impact"),
        "costs": words.gettext("Costs"),
        "imports": words.gettext("Imports"),
        "exports": words.gettext("Exports"),
    }.get(room, room)
