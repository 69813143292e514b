"""Which site ships what by which carrier, at what cost, and why. Never imports Odoo.

======================  ================================================================
:mod:`.schema`          the words: sites, orders, parcels, plans, costs, refusals
:mod:`.tariffs`         what a carrier asks for a parcel, and how long it takes
:mod:`.punctuality`     measured on-time rates, and the days one can promise with them
:mod:`.costing`         every parcel that is possible, with its cost, as arrays
:mod:`.packing`         which lines may travel in one parcel
:mod:`.partition`       the exact optimum of an order whose lines stay whole
:mod:`.splitting`       the exact optimum when quantities have to be split (MILP)
:mod:`.strategies`      ways of choosing, one small class each; addons add theirs
:mod:`.assignment`      orders that wait together, decided together, with a bound
:mod:`.rounding`        whole plans near a linear relaxation
:mod:`.pool`            plans that were met on the way
:mod:`.usage`           what plans take of stock and room
:mod:`.rules`           the user's ordered rules
:mod:`.scarcity`        what a unit is worth to the orders that are still to come
:mod:`.merging`         deliveries of one buyer that leave as one parcel
:mod:`.watching`        demand that jumps, cancellations that pile up
:mod:`.router`          rules, strategies and stock made into explained decisions
======================  ================================================================
"""
