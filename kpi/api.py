"""The key figures over HTTP: what measures there are, one figure, a series. Only reads; scope `kpis:read`."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Protocol

from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, PathParameter, QueryParameter
from msgspec import Struct

from kpi import actions
from kpi.measure import MEASURES, Additivity, Answer, Figures, Series, Split, Unit
from kpi.periods import BadPeriod
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts
