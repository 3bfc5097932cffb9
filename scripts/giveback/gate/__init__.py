"""From verdicts to an exit code: baselines, failures, the self-test."""
