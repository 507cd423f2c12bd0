"""Grids of the shapes that forces publish, with made-up rows."""

from __future__ import annotations

from typing import Any

GRID = """\
Site,Day,Length,Watchlist,Setting,All alerts,True ok,True open,False ok,False open,Rate,Faces
"Mill, North",05/03/23,4h00m,9000,0.6,2,2,0,0,0,0%,40000
Harbour,06/03/23,5h,9000,0.6,1,0,0,1,0,0.002%,60000
Harbour,07/02/24,5h 30m,9900,0.6,7,4,1,2,0,0.04%,5000
Station,08/02/24,2h05,9900,0.6,6,3,0,3,0,0.05%,6000
Station,09/02/24,3h00m,9900,0.6,1,1,1,0,0,0%,1000
Station,10/08/24,4h00m,9900,0.64,9,9,0,0,0,0%,70000
"""
"""With durations, years of two figures and outcomes that are open; 9 February contradicts itself."""

MAPPING: dict[str, Any] = {
    "columns": {
        "date": "Day",
        "place": "Site",
        "watchlist_size": "Watchlist",
        "threshold": "Setting",
        "faces": "Faces",
        "alerts": "All alerts",
        "true_alerts": "True ok",
        "false_alerts": "False ok",
        "unconfirmed_alerts": ["True open", "False open"],
        "false_alert_rate": "Rate",
        "duration": "Length",
    },
    "date_format": "DD/MM/YY",
    "rate_in": "percent",
}

OLDER = """\
Where,When (DD/MM/YY),Watchlist size,Alerts,False alerts,True alerts,Faces
Quay,11/02/20,5800,0,0,0,4600
Quay (fault),21/02/20,7300,N/A,N/A,N/A,N/A
Quay,27/02/20,7300,8,7,1,8600
"""
OLDER_MAPPING: dict[str, Any] = {
    "columns": {
        "date": "When (DD/MM/YY)",
        "place": "Where",
        "watchlist_size": "Watchlist size",
        "threshold": None,
        "faces": "Faces",
        "alerts": "Alerts",
        "true_alerts": "True alerts",
        "false_alerts": "False alerts",
    },
    "date_format": "DD/MM/YY",
    "unknown": ["N/A"],
}
