# All of this module is for other compiled modules.
