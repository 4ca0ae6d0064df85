"""Catalogues of flags, made from wheels: by a recording import and by syntax trees, which must agree."""
