"""Which contacts are one person.

Links are scored as by I. Fellegi, A. Sunter (1969), *A Theory for Record Linkage*, JASA
64: each agreement or difference adds the logarithm of how much more often it is seen
between contacts of one person than between those of two. The weights are not learnt but
set so that no single agreement that a household shares (address, landline, surname,
sometimes the mailbox) is enough.

* :mod:`.text`: what is masked, a placeholder, or written in another way;
* :mod:`.mail`, :mod:`.phone`, :mod:`.name`, :mod:`.place`: one value each;
* :mod:`.hashed`: values that came as their hash only;
* :mod:`.matching`: two contacts, scored with reasons;
* :mod:`.resolution`: all contacts, in groups, with what is left to a person.
"""
