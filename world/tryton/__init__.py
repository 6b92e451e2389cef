"""The real Tryton, started and reset beside us. It runs in its own interpreter; we import none."""

# A throwaway server that answers on loopback only: everybody may know the password.
ADMIN = "admin"
ADMIN_PASSWORD = "tiebeam-local-admin"  # noqa: S105 - see above

DATABASE = "tryton"
