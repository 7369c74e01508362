"""Which version of the lab this is; what it writes for other labs says so."""

LAB_VERSION = "0.1.0"
