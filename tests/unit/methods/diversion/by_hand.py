"""The formulas of diversion once more, in plain pandas and floating point, for comparison with the SQL.

Written from the definitions alone: nothing of the package is imported.
"""

from pathlib import Path

import numpy as np
import pandas as pd


def read_panel(path: Path, digits: int = 6) -> pd.DataFrame:
    """partner, commodity, value0 (2024), value1 (2025): general imports from the HTS10 file."""
    raw = pd.read_parquet(path, columns=["CTY_CODE", "HTS10", "year", "GEN_VAL_YR"])
    raw["commodity"] = raw["HTS10"].astype(str).str[:digits]
    raw["CTY_CODE"] = raw["CTY_CODE"].astype(str)
    wide = raw.pivot_table(index=["CTY_CODE", "commodity"], columns="year", values="GEN_VAL_YR", aggfunc="sum")
    wide = wide.fillna(0.0).reset_index()
    wide.columns = pd.Index(["partner", "commodity", "value0", "value1"])
    return wide[(wide["value0"] != 0) | (wide["value1"] != 0)].reset_index(drop=True)


def measure(panel: pd.DataFrame, reference: str) -> pd.DataFrame:
    """One row a partner and product: loss, matched, gain, diverted, diverted_neutral, demand, reallocation, shares."""
    out = panel.copy()
    by_product = out.groupby("commodity")
    out["world0"], out["world1"] = by_product["value0"].transform("sum"), by_product["value1"].transform("sum")
    own = out[out["partner"] == reference].set_index("commodity")
    loss = (own["value0"] - own["value1"]).clip(lower=0)
    out["loss"] = out["commodity"].map(loss).fillna(0.0)
    other = out["partner"] != reference
    change = out["value1"] - out["value0"]
    out["gain"] = change.clip(lower=0).where(other, 0.0)
    growth = ((out["world1"] - out["world0"]).clip(lower=0) / out["world0"].replace(0, np.nan)).fillna(0.0)
    beyond = (change - out["value0"] * growth).clip(lower=0).where(other, 0.0)
    gains = out.groupby("commodity")["gain"].transform("sum")
    out["matched"] = np.minimum(out["loss"], gains)
    out["diverted"] = (out["matched"] * out["gain"] / gains.replace(0, np.nan)).fillna(0.0)
    all_beyond = beyond.groupby(out["commodity"]).transform("sum")
    out["diverted_neutral"] = (out["matched"] * beyond / all_beyond.replace(0, np.nan)).fillna(0.0)
    share0 = out["value0"] / out["world0"].replace(0, np.nan)
    share1 = out["value1"] / out["world1"].replace(0, np.nan)
    out["share0"], out["share1"] = share0.fillna(share1), share1.fillna(share0)
    out["demand"] = (out["share0"] + out["share1"]) / 2 * (out["world1"] - out["world0"])
    out["reallocation"] = (out["world0"] + out["world1"]) / 2 * (out["share1"] - out["share0"])
    return out


def share_shift(effects: pd.DataFrame) -> pd.DataFrame:
    """By partner, percentage points: change of the import share, within products, between products."""
    weight0 = effects["world0"] / effects["value0"].sum()
    weight1 = effects["world1"] / effects["value1"].sum()
    parts = pd.DataFrame(
        {
            "partner": effects["partner"],
            "change": 100 * (effects["value1"] / effects["value1"].sum() - effects["value0"] / effects["value0"].sum()),
            "within": 50 * (weight0 + weight1) * (effects["share1"] - effects["share0"]),
            "between": 50 * (effects["share0"] + effects["share1"]) * (weight1 - weight0),
        }
    )
    return parts.groupby("partner").sum()
