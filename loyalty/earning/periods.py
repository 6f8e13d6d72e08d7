"""The periods within which caps count, by name: `2026-11-27`, `2026-W48`, `2026-11`, `2026-Q4`, `2026`, `ever`."""

from datetime import date

from loyalty.earning.kind import Per


def period_of(per: Per, day: date) -> str:
    """Name the period of a local day; weeks begin on Monday and belong to the year of their Thursday."""
    match per:
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "month":
            return f"{day.year:04}-{day.month:02}"
        case "quarter":
            return f"{day.year:04}-Q{(day.month + 2) // 3}"
        case "year":
            return f"{day.year:04}"
        case "ever":  # pragma: no branch - there is no other
            return "ever"
