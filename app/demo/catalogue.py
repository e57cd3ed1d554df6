"""What each department of the demo company can be asked for: requests of every kind. Pure."""

from typing import Final

from app.demo.records import RequestType

GO_LIVE: Final = "go-live"
GO_LIVE_CREDIT: Final = "go-live-credit-line"
GO_LIVE_TERMS: Final = "go-live-terms"
"""What the go-live rota is asked for, around the clock."""


def _of(provider: str, *rows: tuple[str, str, str, float, float, str]) -> tuple[RequestType, ...]:
    return tuple(
        RequestType(provider, key, name, kind, queue, work, tuple(filter(None, required.split(", "))))
        for key, name, kind, queue, work, required in rows
    )


REQUEST_TYPES: Final = (
    *_of(
        "SALES",
        ("account-plan", "Account plan", "task", 6.0, 6.0, ""),
        ("discount-approval", "Discount approval", "approval", 4.0, 1.0, "discount, reason"),
        ("order-facts", "Facts about an order", "information", 5.0, 1.0, "order number"),
        ("customer-advice", "How to approach a customer", "advice", 5.0, 1.5, ""),
        ("crm-access", "Access to the customer file", "access", 3.0, 0.5, "member"),
        ("lost-contact", "Contact person gone", "incident", 2.0, 4.0, ""),
    ),
    *_of(
        "ORDERS",
        ("process-order", "Process an order", "task", 1.5, 4.0, "order number, wanted date"),
        ("order-change-approval", "Order change approval", "approval", 2.0, 1.0, "order number, change"),
        ("order-status", "Status of an order", "information", 1.5, 0.5, "order number"),
        ("lead-time-advice", "Which date to promise", "advice", 2.0, 1.0, "products"),
        ("portal-access", "Access to the order portal", "access", 2.0, 0.5, "customer"),
        ("wrong-order", "Order entered wrongly", "incident", 1.0, 3.0, "order number"),
    ),
    *_of(
        "OPS",
        ("installation", "Install at the customer's site", "task", 3.0, 14.0, "site, contact on site"),
        ("make-ready", "Build and test to order", "task", 2.0, 10.0, "order number"),
        ("field-repair", "Repair on site", "task", 1.5, 5.0, "machine, fault"),
        ("capacity-approval", "Capacity approval", "approval", 3.0, 1.5, "week, hours"),
        ("machine-record", "Record of a machine", "information", 2.0, 1.0, "machine"),
        ("site-advice", "Is the site suitable", "advice", 4.0, 3.0, "site"),
        ("workshop-access", "Access to the workshop", "access", 2.0, 0.5, "member"),
        ("line-stopped", "Line stopped", "incident", 0.5, 4.0, "line"),
        (GO_LIVE, "Go-live, around the clock", "task", 1.0, 24.0, "site, date"),
    ),
    *_of(
        "PROC",
        ("purchase", "Purchase parts", "task", 1.5, 4.0, "parts, needed by"),
        ("supplier-approval", "New supplier approval", "approval", 3.0, 3.0, "supplier"),
        ("supplier-quote", "Quotation of a supplier", "information", 2.0, 2.0, "parts"),
        ("make-or-buy", "Make or buy", "advice", 4.0, 3.0, "parts"),
        ("catalogue-access", "Access to the purchasing catalogue", "access", 2.0, 0.5, "member"),
        ("wrong-parts", "Wrong parts delivered", "incident", 1.0, 4.0, "purchase order"),
    ),
    *_of(
        "LOG",
        ("shipment", "Ship an order", "task", 2.0, 8.0, "address, date"),
        ("site-delivery", "Deliver equipment to a site", "task", 2.0, 6.0, "site, date"),
        ("spare-part", "Send a spare part", "task", 1.0, 3.0, "part, address"),
        ("export-approval", "Export release", "approval", 3.0, 2.0, "country"),
        ("delivery-date", "When will it arrive", "information", 1.5, 0.5, "order number"),
        ("packaging-advice", "How to pack it", "advice", 3.0, 2.0, ""),
        ("yard-access", "Access to the yard", "access", 2.0, 0.5, "plate"),
        ("damaged-goods", "Damaged in transit", "incident", 1.0, 5.0, "order number"),
    ),
    *_of(
        "FIN",
        ("customer-account", "Open a customer account", "task", 3.0, 2.0, "registration number"),
        ("credit-check", "Credit check", "approval", 2.0, 2.0, "amount, customer number"),
        ("purchase-approval", "Purchase approval", "approval", 2.0, 0.8, "amount, cost centre"),
        ("credit-note-approval", "Credit note approval", "approval", 2.5, 0.5, "amount, reason"),
        ("cost-report", "Cost of a customer", "information", 4.0, 2.0, "customer"),
        ("payment-advice", "Which payment terms to offer", "advice", 3.0, 1.5, "customer"),
        ("ledger-access", "Access to the ledger", "access", 3.0, 0.5, "member"),
        ("blocked-payment", "Payment blocked", "incident", 1.0, 3.0, "invoice"),
        (GO_LIVE_CREDIT, "Credit line for a go-live", "approval", 2.0, 20.0, "amount"),
    ),
    *_of(
        "BILLING",
        ("invoice", "Write an invoice", "task", 2.0, 2.0, "order number"),
        ("write-off-approval", "Write-off approval", "approval", 3.0, 1.0, "invoice, amount"),
        ("invoice-copy", "Copy of an invoice", "information", 1.5, 0.5, "invoice"),
        ("invoicing-advice", "How to invoice it", "advice", 3.0, 1.5, ""),
        ("billing-access", "Access to billing", "access", 2.0, 0.5, "member"),
        ("wrong-invoice", "Invoice is wrong", "incident", 1.5, 3.0, "invoice"),
    ),
    *_of(
        "LEGAL",
        ("contract-draft", "Draft a contract", "task", 6.0, 12.0, "terms"),
        ("contract-review", "Contract review", "approval", 5.0, 10.0, "contract"),
        ("data-agreement", "Data processing agreement", "approval", 5.0, 8.0, "data, purpose"),
        ("clause-library", "Wording of a clause", "information", 4.0, 1.0, ""),
        ("legal-advice", "Legal advice", "advice", 6.0, 5.0, ""),
        ("archive-access", "Access to the contract archive", "access", 3.0, 0.5, "member"),
        ("claim-received", "Claim received", "incident", 2.0, 8.0, "claim"),
        (GO_LIVE_TERMS, "Terms for a go-live", "approval", 2.0, 20.0, "contract"),
    ),
    *_of(
        "IT",
        ("network-setup", "Network at a site", "task", 3.0, 10.0, "site"),
        ("change-approval", "Change approval", "approval", 3.0, 1.5, "change"),
        ("data-extract", "Data extract", "information", 2.0, 2.0, "which data"),
        ("tool-advice", "Which tool to use", "advice", 4.0, 2.0, ""),
        ("system-access", "Access to a system", "access", 2.0, 0.7, "system, member"),
        ("incident", "Something does not work", "incident", 0.7, 3.0, "what, since when"),
    ),
    *_of(
        "SERVICE",
        ("customer-visit", "Prepare a customer's visit", "task", 4.0, 5.0, "date"),
        ("goodwill-approval", "Goodwill approval", "approval", 2.0, 0.7, "amount, reason"),
        ("service-history", "What happened at a customer", "information", 2.5, 1.0, "customer"),
        ("complaint-advice", "How to answer a complaint", "advice", 2.0, 1.5, "complaint"),
        ("case-access", "Access to cases", "access", 1.5, 0.5, "member"),
        ("complaint", "Complaint", "incident", 1.0, 5.0, "what the customer expects"),
    ),
)

BY_KEY: Final = {(each.provider, each.key): each for each in REQUEST_TYPES}
"""Every request type by its provider and key."""
