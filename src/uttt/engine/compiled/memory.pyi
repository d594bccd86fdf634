# For C only.
