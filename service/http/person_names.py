"""What the ledger calls the details of a person that requests of either protocol name in WHMCS's words."""

PERSON_NAMES = {
    "firstname": "first_name",
    "lastname": "last_name",
    "companyname": "company_name",
    "email": "email",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "state": "state",
    "postcode": "postcode",
    "country": "country",
    "phonenumber": "phone",
    "tax_id": "tax_id",
}
