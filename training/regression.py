"""Logistic regression, of what is fitted once and shipped as a few numbers: the scope, and when to refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def fit(x: Floats, y: Floats, counts: Floats, *, penalty: float) -> tuple[Floats, float]:
    """Return the slopes, shape (n_features,), and the intercept of a logistic regression.

    Args:
        x: Features, shape (n, n_features). Those that are the same in every row tell nothing, and get no slope.
        y: 1 or 0 for each row: shape (n,).
        counts: What each row counts; only their ratios matter: shape (n,).
        penalty: Of the squared slopes of standardized features, beside the mean loss.

    Raises:
        ValueError: If all rows are of one class.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x)
    # Both parts of the loss are divided by the penalty there.
    found = LogisticRegression(C=1 / penalty, max_iter=1_000).fit(scaler.transform(x), y, counts / counts.sum())
    slopes = found.coef_[0] / scaler.scale_
    return slopes, float(found.intercept_[0] - slopes @ scaler.mean_)
