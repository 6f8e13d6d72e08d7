"""Why there is no figure, where several measures have the same reason. Pure."""

from kpi.measure import Reason, Text

NO_ACQUISITION_SPEND = Reason(
    "no_acquisition_spend",
    Text(
        en="Enter what you spent on winning customers in this period (0 if it was nothing).",
        fr="Saisissez ce que vous avez dépensé pour acquérir des clients pendant cette période (0 si rien).",
    ),
)
NO_ENROLMENT_SPEND = Reason(
    "no_enrolment_spend",
    Text(
        en="Enter what you spent on enrolling members in this period (0 if it was nothing).",
        fr="Saisissez ce que vous avez dépensé pour faire adhérer des membres pendant cette période (0 si rien).",
    ),
)
NO_RUNNING_SPEND = Reason(
    "no_running_spend",
    Text(
        en="Enter what you spent on running the programme in this period (0 if it was nothing).",
        fr="Saisissez ce que vous avez dépensé pour faire vivre le programme pendant cette période (0 si rien).",
    ),
)
TOO_FEW_COSTS = Reason(
    "too_few_costs",
    Text(
        en="Less than 80 % of the revenue has a known cost. Enter or import the unit costs of your articles, or send"
        " `unit_cost` with the lines of your purchases.",
        fr="Moins de 80 % du chiffre d’affaires a un coût connu. Saisissez ou importez les coûts unitaires de vos"
        " articles, ou envoyez `unit_cost` avec les lignes de vos achats.",
    ),
)
NO_REWARD_COST = Reason(
    "no_reward_cost",
    Text(
        en="Members were given rewards whose cost is not known. Enter what your gifts and vouchers are worth, and the"
        " unit cost (or the worth) of the articles that you give away.",
        fr="Des membres ont reçu des récompenses dont le coût n’est pas connu. Saisissez la valeur de vos cadeaux et de"
        " vos bons, et le coût unitaire (ou la valeur) des articles que vous offrez.",
    ),
)
NO_LINES = Reason(
    "no_lines",
    Text(
        en="The purchases of this period have no lines. Send `lines` with your purchases, and with your refunds.",
        fr="Les achats de cette période n’ont pas de lignes. Envoyez `lines` avec vos achats et vos remboursements.",
    ),
)
NO_LEADS = Reason(
    "no_leads",
    Text(
        en="Enter or import qualified leads of this period.",
        fr="Saisissez ou importez des prospects qualifiés de cette période.",
    ),
)
YOUNG_LEADS = Reason(
    "leads_too_young",
    Text(
        en="The leads of this period are less than 30 days old: they still have time to become customers.",
        fr="Les prospects de cette période ont moins de 30 jours : ils ont encore le temps de devenir clients.",
    ),
)
NO_INVITATIONS = Reason(
    "no_invitations",
    Text(
        en="Nobody shared or claimed a referral code in this period.",
        fr="Personne n’a partagé ni utilisé de code de parrainage pendant cette période.",
    ),
)
YOUNG_INVITATIONS = Reason(
    "invitations_too_young",
    Text(
        en="The invitations of this period are less than 30 days old: friends still have time to buy.",
        fr="Les invitations de cette période ont moins de 30 jours : les filleuls ont encore le temps d’acheter.",
    ),
)
NO_POINT_COST = Reason(
    "no_point_cost",
    Text(
        en="Enter what a point costs you, and the share of points that are never spent.",
        fr="Saisissez ce que vous coûte un point, et la part des points qui ne sont jamais utilisés.",
    ),
)
NO_OPINIONS = Reason(
    "no_opinions",
    Text(
        en="No customer answered a survey in this period. Publish a survey, or choose another period.",
        fr="Aucun client n’a répondu à une enquête pendant cette période. Publiez une enquête, ou choisissez une autre"
        " période.",
    ),
)
