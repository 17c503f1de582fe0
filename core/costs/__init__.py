"""What a training takes, told before it begins: formulas, machines, a model's shape, and the plan made of them.

Here is what a trainer needs to tell its own (`costs(job)` of its record).
"""

from sftctl.core.costs.formulas import Costs, Method, ModelShape, Work, estimate

__all__ = ["Costs", "Method", "ModelShape", "Work", "estimate"]
