"""What every test shares."""

import hypothesis

# No deadlines: an example's time says more about the machine than about the code. The same examples every
# time: a test that fails once in CI fails again at the desk.
hypothesis.settings.register_profile("bokeru", deadline=None, derandomize=True)
hypothesis.settings.load_profile("bokeru")
