"""The page of points and liability: how what members hold came about, and what it is expected to cost."""

from admin.liability.routes import ROUTES

__all__ = ["ROUTES"]
