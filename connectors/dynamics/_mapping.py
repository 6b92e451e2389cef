"""F&O's words to ours and back. Pure functions."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from canonical.clients import Client
from canonical.codes import CustomerCodes, InvoiceCodes
from canonical.contracts import Contract
from canonical.invoices import Invoice, InvoiceLine, InvoiceStatus
from canonical.money import Money
from canonical.organization import EntityId
from canonical.postings import BatchId, HourBatch, HourLine
from canonical.projects import FinancialDimensions, Project
from canonical.systems import ForeignId
from canonical.worktime import WorkTime
from connectors.dynamics import _wire
from connectors.dynamics._options import Options

_SECONDS_PER_HOUR = 3600


def area(entity: EntityId) -> str:
    """Return the `dataAreaId` of a legal entity."""
    return entity.lower()


def new_customer(
    entity: EntityId, client: Client, codes: CustomerCodes, options: Options
) -> _wire.NewCustomer:
    """Return the client's account, under our client id."""
    country = client.address.country
    return _wire.NewCustomer(
        area=area(entity),
        customer_account=client.id,
        organization_name=client.name,
        customer_group_id=codes.customer_group,
        sales_currency_code=client.currency,
        sales_tax_group=codes.tax_group,
        tax_exempt_number=client.tax_profile.tax_id,
        payment_terms=codes.payment_terms,
        language_id=options.language,
        address_street=client.address.street,
        address_city=client.address.city,
        address_zip_code=client.address.postal_code,
        address_country_region_id=options.country_regions.get(country, country),
    )


def new_contract(
    contract: Contract, customer: ForeignId, funding_source: str
) -> list[_wire.NewRow]:
    """Return the contract under our id and, if the firm names its source, who funds it."""
    row = _wire.NewContract(
        area=area(contract.entity),
        contract_id=contract.id,
        name=contract.name,
        sales_currency=contract.currency,
    )
    if not funding_source:
        return [row]
    source = _wire.NewFundingSource(
        area=row.area,
        contract_id=contract.id,
        funding_source_id=funding_source,
        customer_or_organization=customer.value,
    )
    return [row, source]


def new_project(
    project: Project, contract: ForeignId, project_group: str, options: Options
) -> _wire.NewProject:
    """Return the project, under our code and with it as the reference that says it is ours."""
    return _wire.NewProject(
        area=area(project.entity),
        project_id=project.code,
        project_name=project.name,
        project_group_id=project_group,
        project_contract_id=contract.value,
        schedule_start_date=_noon(project.starts_on),
        schedule_end_date=_noon(project.ends_on),
        dimension_display_value=dimensions(project.dimensions, options.dimension_delimiter),
        integration_source_data_id=project.code,
    )


def new_journal(entity: EntityId, batch: BatchId, options: Options) -> _wire.NewJournal:
    """Return an hour journal that carries the batch's id."""
    return _wire.NewJournal(
        area=area(entity), journal_name=options.hour_journal_name, description=batch
    )


def new_hour_lines(
    journal: ForeignId, batch: HourBatch, options: Options
) -> list[_wire.NewHourLine]:
    """Return the lines of a batch; each carries its entry's key."""
    return [
        _wire.NewHourLine(
            area=area(batch.entity),
            journal_id=journal.value,
            line_number=line.number,
            project_id=line.dimensions.project,
            resource_id=line.resource,
            resource_company_id=area(batch.entity),
            category=line.category,
            line_property=options.line_property,
            project_date=_noon(line.work_date),
            hours=hours(line.worked, options.hours_decimals),
            cost_price=line.cost.per_hour,
            currency_id=line.cost.currency,
            dimension_display_value=dimensions(line.dimensions, options.dimension_delimiter),
            description=line.entry,
        )
        for line in batch.lines
    ]


def lost_precision(lines: Iterable[HourLine], decimals: int) -> str:
    """Return which lines F&O would cost differently, since it multiplies rounded hours."""
    faults: list[str] = []
    for line in lines:
        shown = hours(line.worked, decimals)
        booked = Money.rounded(shown * line.cost.per_hour, line.cost.currency)
        due = line.worked.at(line.cost)
        if booked != due:
            faults.append(f"{line.entry}: {shown} h × {line.cost.per_hour} is {booked}, not {due}")
    return "; ".join(faults)


def new_invoice(invoice: Invoice, customer: ForeignId, codes: InvoiceCodes) -> _wire.NewInvoice:
    """Return the header of a free text invoice, which carries our reference."""
    return _wire.NewInvoice(
        area=area(invoice.entity),
        customer_account=customer.value,
        invoice_date=_noon(invoice.issued_on),
        currency_code=invoice.currency,
        sales_tax_group_id=codes.tax_group,
        external_invoice_id=invoice.reference,
        customer_reference=invoice.purchase_order,
    )


def new_invoice_lines(
    draft: int, invoice: Invoice, codes: InvoiceCodes, options: Options
) -> list[_wire.NewInvoiceLine]:
    """Return the lines; the first has the tax note too, for which headers have no field."""
    notes = [invoice.tax.note or None, *[None] * len(invoice.lines)]
    return [
        _wire.NewInvoiceLine(
            area=area(invoice.entity),
            parent_rec_id=draft,
            line_number=line.number,
            description=line.text,
            invoice_text=note,
            main_account_display_value=codes.revenue_account,
            quantity=_quantity(line, options.hours_decimals),
            unit_price=line.unit_price,
            transaction_currency_amount=line.net.amount,
            project_id=line.dimensions.project,
            default_dimension_display_value=dimensions(
                line.dimensions, options.dimension_delimiter
            ),
            sales_tax_group_id=codes.tax_group,
            sales_tax_item_group_id=options.sales_tax_item_group or None,
        )
        for line, note in zip(invoice.lines, notes, strict=False)
    ]


def invoice_status(
    invoice: _wire.Invoice,
    lines: Sequence[_wire.InvoiceLine],
    receivables: Sequence[_wire.Receivable],
) -> InvoiceStatus:
    """Return the invoice as F&O has it.

    Raises:
        ValueError: the amounts are none of their currency.
    """
    currency = invoice.currency_code
    is_posted = invoice.is_posted == "Yes"
    net = sum((line.transaction_currency_amount for line in lines), Decimal(0))
    tax = sum((line.sales_tax_amount for line in lines), Decimal(0))
    owed = sum((row.amount_cur - row.settle_amount_cur for row in receivables), Decimal(0))
    return InvoiceStatus(
        state="posted" if is_posted else "draft",
        number=invoice.free_text_number if is_posted else None,
        net=Money(currency=currency, amount=net),
        tax=Money.rounded(tax, currency),
        balance=Money(currency=currency, amount=owed) if receivables else None,
        line_count=len(lines),
    )


def hours(worked: WorkTime, decimals: int) -> Decimal:
    """Return hours as F&O gets them."""
    exact = worked.seconds / _SECONDS_PER_HOUR
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def dimensions(values: FinancialDimensions, delimiter: str) -> str:
    """Return business unit and project, in this order; a delimiter in a value is escaped."""
    segments = (values.business_unit, values.project)
    return delimiter.join(text.replace(delimiter, f"\\{delimiter}") for text in segments)


def _quantity(line: InvoiceLine, decimals: int) -> Decimal:
    return Decimal(1) if line.worked is None else hours(line.worked, decimals)


def _noon(day: date) -> str:
    return f"{day.isoformat()}T12:00:00Z"
