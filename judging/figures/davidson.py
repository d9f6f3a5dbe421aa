"""Davidson's model of votes between two: Bradley and Terry's with ties, and with covariates.

Each system has a strength, a logarithm. A vote is for the first with a probability in proportion to
exp(d / 2), for the second in proportion to exp(-d / 2), for neither in proportion to ν. Here d is the first's
strength less the second's, plus what covariates add (which caption is longer, say). So exp(d) is how many
votes the first gets for each of the second.

Source: Davidson 1970, On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison
Experiments, JASA 65. Votes with ties counted as halves are another model, whose intervals miss the truth.

N votes in G groups, S systems, C covariates, R sets of weights, P = S - 1 + C + 1 parameters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DEVIATION = 10.0
"""Of the normal prior on each parameter: it moves nothing where there are votes for both, and keeps a system
that won every vote of a draw from running away."""
_STEPS, _NEAR, _LONGEST = 100, 1e-6, 2.0


@dataclass(frozen=True)
class Votes:
    """Votes between two systems each.

    Args:
        first, second: (N,) numbers of systems, from 0.
        outcome: (N,) 1 where the first was preferred, -1 where the second was, 0 where neither was.
        covariates: (N, C) of the first less that of the second.
    """

    first: Integers
    second: Integers
    outcome: Integers
    covariates: Floats

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True)
class Fit:
    """The most probable parameters for each of R sets of weights.

    Args:
        strengths: (R, S); the first system's is 0, since differences alone mean anything.
        ties: (R,) ν.
        effects: (R, C) what each covariate adds to the difference.
    """

    strengths: Floats
    ties: Floats
    effects: Floats

    def difference(self, system: int, other: int) -> Floats:
        """Return (R,) how much stronger one system is than another."""
        return np.asarray(self.strengths[:, system] - self.strengths[:, other])


def fit(votes: Votes, systems: int, times: Floats | None = None, groups: Integers | None = None) -> Fit:
    """Fit the model by Newton's method: its logarithm is concave, so there is one summit.

    Args:
        systems: S.
        times: (R, G) how often each group of votes counts; by default once, R = 1.
        groups: (N,) the group of each vote, from 0; by default each is one by itself, G = N.
    """
    groups = np.arange(len(votes)) if groups is None else groups
    times = np.ones((1, int(groups.max()) + 1)) if times is None else times
    design, outcome, counts = _gathered(_design(votes, systems), votes.outcome, groups)
    weights = times @ counts
    parameters = np.zeros((len(weights), design.shape[1] + 1))
    for _ in range(_STEPS):
        step = _step(parameters, design, outcome, weights)
        longest = np.abs(step).max(axis=1, keepdims=True)
        parameters += step / np.maximum(1.0, longest / _LONGEST)
        if longest.max(initial=0.0) < _NEAR:
            break
    strengths = np.hstack([np.zeros((len(weights), 1)), parameters[:, : systems - 1]])
    return Fit(strengths, np.exp(parameters[:, -1]), parameters[:, systems - 1 : -1])


def _design(votes: Votes, systems: int) -> Floats:
    """Return (N, P - 1): what each parameter but ν adds to the difference of a vote."""
    signs = np.zeros((len(votes), systems))
    rows = np.arange(len(votes))
    signs[rows, votes.first] += 1
    signs[rows, votes.second] -= 1
    return np.hstack([signs[:, 1:], votes.covariates])


def _gathered(design: Floats, outcome: Integers, groups: Integers) -> tuple[Floats, Integers, Floats]:
    """Return the votes that differ, and (G, n) how many of each a group has: with few systems n is small."""
    rows = np.hstack([design, outcome[:, None]])
    _, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    counts = np.zeros((int(groups.max()) + 1, len(first)))
    np.add.at(counts, (groups, which), 1)
    return design[first], outcome[first], counts


def _step(parameters: Floats, design: Floats, outcome: Integers, weights: Floats) -> Floats:
    """Return (R, P) Newton's step at the parameters."""
    half = parameters[:, :-1] @ design.T / 2
    scale = np.logaddexp(np.logaddexp(half, -half), parameters[:, -1:])
    win, lose = np.exp(half - scale), np.exp(-half - scale)
    neither = 1 - win - lose
    lead = win - lose
    slope = np.empty_like(parameters)
    slope[:, :-1] = (weights * (outcome - lead) / 2) @ design
    slope[:, -1] = (weights * ((outcome == 0) - neither)).sum(axis=1)
    curve = np.empty((len(parameters), parameters.shape[1], parameters.shape[1]))
    of_difference = weights * (win + lose - lead**2) / 4
    curve[:, :-1, :-1] = np.einsum("rn,np,nq->rpq", of_difference, design, design, optimize=True)
    curve[:, :-1, -1] = curve[:, -1, :-1] = -(weights * lead * neither / 2) @ design
    curve[:, -1, -1] = (weights * neither * (1 - neither)).sum(axis=1)
    slope -= parameters / DEVIATION**2
    curve += np.eye(parameters.shape[1]) / DEVIATION**2
    return np.asarray(np.linalg.solve(curve, slope[:, :, None])[:, :, 0])
