"""What to buy, how much, when, from whom, and where to keep it: the mathematics.

Plain Python with numpy and scipy, which are imported when first used (:mod:`.lazy`).
Numbers go in, frozen dataclasses come out. Arrays of many series have the series first:
``(n, t)`` n products in a warehouse, t periods, oldest first. Quantities are units of
the product, times periods unless days are said, costs floats in one currency: they rank
choices, nothing is booked with them.

The way of a proposal:

1. :mod:`.demand` prepares the history, :mod:`.classes` says what kind of demand it is;
2. :mod:`.lead_time` learns from receipts how long suppliers take, :mod:`.arrival` when
   what is under way arrives;
3. :mod:`.distribution` estimates demand over lead time plus review (:mod:`.features`,
   :mod:`.recency`, :mod:`.seasonal`, :mod:`.negative_binomial`, :mod:`.pooled`,
   :mod:`.boosting`);
4. :mod:`.planning` makes reorder point, order-up-to level and quantity of every series,
   with every number that led there;
5. :mod:`.transfers` moves stock before :mod:`.replenishment` buys, within packs,
   minimum values, containers and a budget; :mod:`.sourcing` compares and splits
   suppliers; :mod:`.echelon` places stock between a central and regional warehouses;
6. :mod:`.simulation` replays a policy on the past and draws the exchange curve,
   :mod:`.exchange` puts policies side by side, :mod:`.projection` looks ahead,
   :mod:`.breaks` sees when demand changed,
   :mod:`.metrics` and :mod:`.backtest` say how good the forecasts were.
7. :mod:`.counting` says which records of stock are counted on which day.

Classic policies by themselves: :mod:`.eoq`, :mod:`.lot_sizing`, :mod:`.safety_stock`,
:mod:`.continuous_review` (r, Q), :mod:`.periodic_review` (s, S), :mod:`.newsvendor`,
:mod:`.joint_replenishment`, :mod:`.ddmrp`; forecasts: :mod:`.smoothing`,
:mod:`.intermittent`, :mod:`.forecast` (default, planners' changes and their value).
"""
