"""Every query and mutation that is sent to Shopify, as text.

A test validates all of them against the official schema of each supported version.
Numbers of ``first`` keep a query below the limit of 1,000 points; what is longer is
read on page by page (:mod:`.orders`).
"""

from __future__ import annotations

from collections.abc import Collection

CUSTOMER = "customer"
FULFILLMENT_ORDERS = "fulfillment_orders"
RETURNS = "returns"

#: Parts of an order that need a right of their own: any one of these access scopes.
PARTS = {
    CUSTOMER: ("read_customers",),
    FULFILLMENT_ORDERS: (
        "read_merchant_managed_fulfillment_orders",
        "read_assigned_fulfillment_orders",
        "read_third_party_fulfillment_orders",
    ),
    RETURNS: ("read_returns",),
}
ALL_PARTS = frozenset(PARTS)

#: First version that knows the directive ``@idempotent`` and ``changeFromQuantity``.
IDEMPOTENT_SINCE = "2026-01"

_PAGE = "pageInfo { hasNextPage endCursor }"
_MONEY = (
    "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
)
_TAX_LINES = f"taxLines {{ title rate channelLiable priceSet {_MONEY} }}"
_ALLOCATIONS = f"""discountAllocations {{
  allocatedAmountSet {_MONEY}
  discountApplication {{ ... on DiscountCodeApplication {{ code }} }}
}}"""
_ADDRESS = """{
  firstName lastName name company address1 address2 city zip
  provinceCode countryCodeV2 phone
}"""
_TRANSACTION = f"""id kind status gateway processedAt paymentId
amountSet {_MONEY} parentTransaction {{ id }}"""

LINE_ITEM = f"""id name sku quantity currentQuantity requiresShipping isGiftCard
variant {{ id barcode }}
originalUnitPriceSet {_MONEY} originalTotalSet {_MONEY}
{_ALLOCATIONS}
{_TAX_LINES}
duties {{ id price {_MONEY} {_TAX_LINES} }}"""

SHIPPING_LINE = f"""id title code
originalPriceSet {_MONEY} discountedPriceSet {_MONEY}
{_TAX_LINES}"""

REFUND_LINE_ITEM = f"""quantity restockType restocked
subtotalSet {_MONEY} totalTaxSet {_MONEY}
lineItem {{ id name isGiftCard {_TAX_LINES} }}"""

FULFILLMENT_ORDER_LINE = "id totalQuantity remainingQuantity lineItem { id }"
_FULFILLMENT_ORDER = "id status fulfillBy assignedLocation { location { id } }"


def _connection(name: str, first: int, fields: str, bulk: bool = False) -> str:
    if bulk:
        return f"{name} {{ edges {{ node {{ {fields} }} }} }}"
    return f"{name}(first: {first}) {{ nodes {{ {fields} }} {_PAGE} }}"


def refund_fields(parts: Collection[str]) -> str:
    """What is read of a refund."""
    return f"""id createdAt note
totalRefundedSet {_MONEY}
order {{ id currencyCode presentmentCurrencyCode taxesIncluded }}
{"return { id }" if RETURNS in parts else ""}
refundLineItems(first: 20) {{ nodes {{ {REFUND_LINE_ITEM} }} {_PAGE} }}
refundShippingLines(first: 5) {{ nodes {{
  id subtotalAmountSet {_MONEY} taxAmountSet {_MONEY}
  shippingLine {{ id title {_TAX_LINES} }}
}} }}
transactions(first: 5) {{ nodes {{ id kind status amountSet {_MONEY} }} }}"""


def order_fields(parts: Collection[str], bulk: bool = False) -> str:
    """What is read of an order.

    :param parts: keys of :data:`PARTS` that the token may read.
    :param bulk: in the form of the bulk export, which pages by itself and refuses
        connections inside of lists.
    """
    customer = """customer { id firstName lastName }
customerJourneySummary {
  firstVisit { utmParameters { source medium campaign } }
  lastVisit { utmParameters { source medium campaign } }
}"""
    lines = _connection("lineItems", 50, LINE_ITEM, bulk)
    shipping = _connection("shippingLines", 5, SHIPPING_LINE, bulk)
    inner = _connection("lineItems", 20, FULFILLMENT_ORDER_LINE, bulk)
    sites = _connection("fulfillmentOrders", 5, f"{_FULFILLMENT_ORDER} {inner}", bulk)
    return f"""id name createdAt updatedAt processedAt cancelledAt cancelReason
displayFinancialStatus displayFulfillmentStatus
currencyCode presentmentCurrencyCode taxesIncluded dutiesIncluded
customerLocale email phone note tags discountCodes paymentGatewayNames sourceName
requiresShipping
totalPriceSet {_MONEY} currentTotalPriceSet {_MONEY} totalTaxSet {_MONEY}
totalRefundedSet {_MONEY} totalTipReceivedSet {_MONEY}
additionalFees {{ id name price {_MONEY} {_TAX_LINES} }}
{_TAX_LINES}
billingAddress {_ADDRESS} shippingAddress {_ADDRESS}
risk {{ recommendation assessments {{ riskLevel }} }}
{customer if CUSTOMER in parts else ""}
transactions {{ {_TRANSACTION} }}
refunds {{ {"id" if bulk else refund_fields(parts)} }}
{lines}
{shipping}
{sites if FULFILLMENT_ORDERS in parts else ""}"""


# -- reading ---------------------------------------------------------------------------

SHOP = """query Shop {
  shop { name currencyCode ianaTimezone taxesIncluded }
}"""

SCOPES = """query Scopes {
  currentAppInstallation { accessScopes { handle } }
}"""


def orders(parts: Collection[str]) -> str:
    """A page of orders with all that is read of them."""
    return f"""query Orders($first: Int!, $after: String, $query: String) {{
  orders(
    first: $first, after: $after, query: $query, sortKey: UPDATED_AT
  ) {{
    nodes {{ {order_fields(parts)} }} {_PAGE}
  }}
}}"""


def order_nodes(parts: Collection[str]) -> str:
    """Orders by their ids."""
    return f"""query OrderNodes($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on Order {{ {order_fields(parts)} }} }}
}}"""


_WORK_LINES = _connection("lineItems", 20, FULFILLMENT_ORDER_LINE)


def _rest(name: str, owner: str, field: str, fields: str, first: int = 100) -> str:
    return f"""query {name}($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on {owner} {{
      {field}(first: {first}, after: $after) {{ nodes {{ {fields} }} {_PAGE} }}
    }}
  }}
}}"""


LINE_ITEMS = _rest("LineItems", "Order", "lineItems", LINE_ITEM)
FULFILLMENT_ORDERS_OF = _rest(
    "FulfillmentOrders",
    "Order",
    "fulfillmentOrders",
    f"{_FULFILLMENT_ORDER} {_WORK_LINES}",
    10,
)
FULFILLMENT_ORDER_LINES = _rest(
    "FulfillmentOrderLines", "FulfillmentOrder", "lineItems", FULFILLMENT_ORDER_LINE
)
REFUND_LINES = _rest("RefundLines", "Refund", "refundLineItems", REFUND_LINE_ITEM)

ORDER_LIST = f"""query OrderList($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {{
    nodes {{
      id name createdAt cancelledAt currencyCode presentmentCurrencyCode
      displayFinancialStatus displayFulfillmentStatus
      totalPriceSet {_MONEY} currentTotalPriceSet {_MONEY} totalRefundedSet {_MONEY}
    }}
    {_PAGE}
  }}
}}"""


def order_refunds(parts: Collection[str]) -> str:
    """The refunds of one order."""
    return f"""query OrderRefunds($id: ID!) {{
  order(id: $id) {{ id refunds {{ {refund_fields(parts)} }} }}
}}"""


_DRAFT_LINE = f"""id name sku quantity requiresShipping isGiftCard
variant {{ id barcode }}
originalTotalSet {_MONEY} discountedTotalSet {_MONEY} {_TAX_LINES}"""

DRAFT_LINE_ITEMS = _rest("DraftLineItems", "DraftOrder", "lineItems", _DRAFT_LINE)

_DRAFT = f"""id name status createdAt updatedAt completedAt
currencyCode presentmentCurrencyCode taxesIncluded
email phone note2 tags discountCodes
totalPriceSet {_MONEY} totalTaxSet {_MONEY}
billingAddress {_ADDRESS} shippingAddress {_ADDRESS}
order {{ id }}
shippingLine {{ {SHIPPING_LINE} }}
lineItems(first: 50) {{ nodes {{ {_DRAFT_LINE} }} {_PAGE} }}"""

DRAFTS = f"""query DraftOrders($first: Int!, $after: String, $query: String) {{
  draftOrders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {_DRAFT} }} {_PAGE}
  }}
}}"""

DRAFT = f"""query DraftOrder($id: ID!) {{
  draftOrder(id: $id) {{ {_DRAFT} }}
}}"""

DRAFT_ORIGINS = """query DraftOrigins($query: String) {
  draftOrders(first: 100, query: $query, sortKey: UPDATED_AT) {
    nodes { id order { id } }
  }
}"""

_RETURN_LINE = """id quantity processedQuantity
returnReason returnReasonNote customerNote
... on ReturnLineItem { fulfillmentLineItem { lineItem { id sku } } }"""

_RETURN = f"""id name status createdAt closedAt
order {{ id updatedAt }}
returnLineItems(first: 10) {{ nodes {{ {_RETURN_LINE} }} {_PAGE} }}
reverseFulfillmentOrders(first: 2) {{ nodes {{
  reverseDeliveries(first: 2) {{ nodes {{
    deliverable {{
      ... on ReverseDeliveryShippingDeliverable {{ tracking {{ number carrierName }} }}
    }}
  }} }}
}} }}"""

RETURNS_PAGE = f"""query Returns($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ id updatedAt {_connection("returns", 5, _RETURN)} }} {_PAGE}
  }}
}}"""

RETURNS_OF = _rest("ReturnsOf", "Order", "returns", _RETURN, 10)
RETURN_LINES = _rest("ReturnLines", "Return", "returnLineItems", _RETURN_LINE)

PRODUCTS = f"""query Products($first: Int!, $after: String) {{
  productVariants(first: $first, after: $after, sortKey: ID) {{
    nodes {{
      id title sku barcode price inventoryQuantity
      selectedOptions {{ name value }}
      product {{ id title status descriptionHtml mediaCount {{ count }} }}
      inventoryItem {{ id tracked measurement {{ weight {{ unit value }} }} }}
    }}
    {_PAGE}
  }}
}}"""

VARIANTS_OF = """query VariantsOf($ids: [ID!]!) {
  nodes(ids: $ids) { ... on ProductVariant { id product { id } } }
}"""

VARIANTS_BY_SKU = f"""query VariantsBySku(
  $first: Int!, $after: String, $query: String
) {{
  productVariants(first: $first, after: $after, query: $query) {{
    nodes {{ id sku product {{ id }} }}
    {_PAGE}
  }}
}}"""

LOCATIONS = f"""query Locations($after: String) {{
  locations(first: 100, after: $after, includeInactive: true) {{
    nodes {{ id name isActive address {{ countryCode }} }}
    {_PAGE}
  }}
}}"""

MAIN_LOCATION = "query MainLocation { location { id } }"

STOCK = """query Stock($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on ProductVariant {
      id sku
      inventoryItem {
        id tracked
        inventoryLevels(first: 50) {
          nodes {
            location { id }
            quantities(names: ["available"]) { name quantity }
          }
        }
      }
    }
  }
}"""

BULK_STATUS = """query BulkStatus($id: ID!) {
  node(id: $id) {
    ... on BulkOperation { id status errorCode objectCount fileSize url }
  }
}"""

SHIPPING = f"""query Shipping($id: ID!) {{
  order(id: $id) {{
    id cancelledAt displayFulfillmentStatus
    fulfillments(first: 50) {{
      id status trackingInfo {{ number }}
      fulfillmentLineItems(first: 100) {{ nodes {{ quantity lineItem {{ id }} }} }}
    }}
    {_connection("fulfillmentOrders", 5, f"{_FULFILLMENT_ORDER} {_WORK_LINES}")}
  }}
}}"""

CANCELLATION = """query Cancellation($id: ID!) {
  order(id: $id) { id cancelledAt }
}"""

REFUNDABLE = f"""query Refundable($id: ID!) {{
  order(id: $id) {{
    id currencyCode presentmentCurrencyCode
    transactions {{ {_TRANSACTION} }}
    refunds {{ id note }}
    {_connection("fulfillmentOrders", 5, f"{_FULFILLMENT_ORDER} {_WORK_LINES}")}
  }}
}}"""

JOB = "query Job($id: ID!) { job(id: $id) { id done } }"

WEBHOOKS = f"""query Webhooks($after: String) {{
  webhookSubscriptions(first: 100, after: $after) {{
    nodes {{ id topic uri }}
    {_PAGE}
  }}
}}"""


# -- writing ---------------------------------------------------------------------------


def _idempotent(version: str) -> tuple[str, str]:
    """Declaration of the key and the directive, for versions that have it.

    Optional from 2026-01, required from 2026-04 (descriptions of the mutations).
    """
    if version < IDEMPOTENT_SINCE:
        return "", ""
    return ", $key: String!", "@idempotent(key: $key)"


def set_quantities(version: str) -> str:
    """Set quantities at a site."""
    declaration, directive = _idempotent(version)
    return f"""mutation SetQuantities(
  $input: InventorySetQuantitiesInput!{declaration}
) {{
  inventorySetQuantities(input: $input) {directive} {{
    userErrors {{ field message code }}
  }}
}}"""


def create_refund(version: str) -> str:
    """Give money back."""
    declaration, directive = _idempotent(version)
    return f"""mutation CreateRefund($input: RefundInput!{declaration}) {{
  refundCreate(input: $input) {directive} {{
    refund {{ id }}
    userErrors {{ field message }}
  }}
}}"""


UPDATE_PRODUCT = """mutation UpdateProduct(
  $product: ProductUpdateInput!, $media: [CreateMediaInput!]
) {
  productUpdate(product: $product, media: $media) {
    product { id }
    userErrors { field message }
  }
}"""

UPDATE_VARIANTS = """mutation UpdateVariants(
  $productId: ID!, $variants: [ProductVariantsBulkInput!]!
) {
  productVariantsBulkUpdate(
    productId: $productId, variants: $variants, allowPartialUpdates: true
  ) {
    productVariants { id }
    userErrors { field message code }
  }
}"""

SET_PRODUCT = """mutation SetProduct(
  $input: ProductSetInput!, $identifier: ProductSetIdentifiers!
) {
  productSet(input: $input, identifier: $identifier, synchronous: true) {
    product { id variants(first: 250) { nodes { id sku } } }
    userErrors { field message code }
  }
}"""

CREATE_FULFILLMENT = """mutation CreateFulfillment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}"""

CANCEL_ORDER = """mutation CancelOrder(
  $orderId: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $staffNote: String
) {
  orderCancel(
    orderId: $orderId, reason: $reason, restock: $restock, staffNote: $staffNote
  ) {
    job { id done }
    orderCancelUserErrors { field message code }
  }
}"""

CREATE_WEBHOOK = """mutation CreateWebhook(
  $topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!
) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}"""

DELETE_WEBHOOK = """mutation DeleteWebhook($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}"""

RUN_BULK = """mutation RunBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}"""


PAYOUTS = f"""query Payouts($first: Int!, $after: String, $query: String) {{
  shopifyPaymentsAccount {{
    payouts(first: $first, after: $after, sortKey: ISSUED_AT, query: $query) {{
      nodes {{
        id
        status
        transactionType
        issuedAt
        externalTraceId
        net {{ amount currencyCode }}
      }}
      {_PAGE}
    }}
  }}
}}"""

BALANCE_TRANSACTIONS = f"""query BalanceTransactions(
  $first: Int!, $after: String, $query: String
) {{
  shopifyPaymentsAccount {{
    balanceTransactions(
      first: $first, after: $after, sortKey: PROCESSED_AT, query: $query
    ) {{
      nodes {{
        id
        type
        test
        transactionDate
        amount {{ amount currencyCode }}
        fee {{ amount currencyCode }}
        net {{ amount currencyCode }}
        sourceId
        sourceType
        sourceOrderTransactionId
        adjustmentReason
        associatedOrder {{ id name }}
        associatedPayout {{ id status }}
      }}
      {_PAGE}
    }}
  }}
}}"""


def bulk_orders(parts: Collection[str], search: str) -> str:
    """The query of a bulk export; it takes no variables.

    :param search: a filter without quotation marks of its own, may be empty.
    """
    where = f'(query: "{search}")' if search else ""
    fields = order_fields(parts, bulk=True)
    return f"{{ orders{where} {{ edges {{ node {{ {fields} }} }} }} }}"


def all_documents(version: str) -> dict[str, str]:
    """Every document by a name, with all and with no optional parts."""
    named = {
        name: text
        for name, text in globals().items()
        if isinstance(text, str) and text.startswith(("query ", "mutation "))
    }
    for label, parts in (("all", ALL_PARTS), ("least", frozenset())):
        named |= {
            f"orders/{label}": orders(parts),
            f"order_nodes/{label}": order_nodes(parts),
            f"order_refunds/{label}": order_refunds(parts),
            f"bulk_orders/{label}": bulk_orders(parts, "updated_at:>='2026-01-01'"),
        }
    named["set_quantities"] = set_quantities(version)
    named["create_refund"] = create_refund(version)
    return named
