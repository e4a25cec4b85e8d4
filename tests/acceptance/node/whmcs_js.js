// Drives whmcs-js against the server at serverUrl: a client, its credit, an invoice that is paid, what is refused.
// Prints the answers as one JSON object; what they have to be is in test_whmcs_js.py.
const { Billing, Clients, System } = require('whmcs-js')

const config = JSON.parse(process.argv[2])

async function main () {
  const { client, wrongSecret, ...credentials } = config
  const billing = new Billing(credentials)
  const clients = new Clients(credentials)
  const answers = {}

  answers.addClient = await clients.addClient(client)
  const clientid = answers.addClient.clientid
  answers.addCredit = await billing.addCredit({ clientid, amount: 10.5, description: 'hi & é', date: '2026-01-02' })
  answers.createInvoice = await billing.createInvoice({
    userid: clientid,
    itemdescription1: 'VPS',
    itemamount1: 12,
    itemtaxed1: false,
    autoapplycredit: false,
    foo: undefined,
    bar: { nested: true }
  })
  const invoiceid = answers.createInvoice.invoiceid
  answers.applyCredit = await billing.applyCredit({ invoiceid, amount: 1.1, noemail: false })
  answers.payment = await billing.addInvoicePayment({ invoiceid, transid: `js-${invoiceid}`, gateway: 'paypal', amount: 20 })
  answers.paymentAgain = await billing.addInvoicePayment({ invoiceid, transid: `js-${invoiceid}`, gateway: 'paypal', amount: 20 })
  answers.getInvoice = await billing.getInvoice({ invoiceid })
  answers.getTransactions = await billing.getTransactions({ invoiceid })
  answers.getCredits = await billing.getCredits({ clientid })
  answers.details = await clients.getClientsDetails({ clientid, stats: true })
  answers.tooMuch = await billing.addCredit({ clientid, amount: '1,000', description: '' })
  answers.parallel = await Promise.all(
    Array.from({ length: 10 }, () => billing.addCredit({ clientid, amount: 1, description: 'x' }))
  )
  answers.unknown = await new System(credentials).sendEmail({ messagename: 'x', id: 1 })
  answers.wrong = await new Billing({ ...credentials, secret: wrongSecret }).getCredits({ clientid })
  answers.other = await new Billing({
    serverUrl: credentials.serverUrl,
    username: credentials.identifier,
    password: credentials.secret
  }).getCredits({ clientid })
  console.log(JSON.stringify(answers))
}

main().catch(problem => {
  console.error(problem)
  process.exit(1)
})
