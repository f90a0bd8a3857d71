"""No name left in a text that is published: finding identities, masking or replacing them, the last look.

Belongs here: detectors, masks, surrogates, moved dates, doubts on whose text it is; their word lists. Does not belong
here: who a person is (identity/), keys and stored identities (identity/vault/).
"""
