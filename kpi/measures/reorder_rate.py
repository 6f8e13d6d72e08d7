"""The reorder rate, another name of the repeat purchase rate."""

from kpi.measure import MEASURES, Text
from kpi.measures.repeat_purchase_rate import RepeatPurchaseRate


@MEASURES.register("reorder_rate")
class ReorderRate(RepeatPurchaseRate):
    """What two sources call the reorder rate answers the same as `repeat_purchase_rate`."""

    title = Text(en="Reorder rate", fr="Taux de réapprovisionnement")
    alias_of = "repeat_purchase_rate"
