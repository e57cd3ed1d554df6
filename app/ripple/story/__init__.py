"""Why a commitment was late, in sentences and as a picture."""
