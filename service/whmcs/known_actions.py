"""Every action that the WHMCS API reference lists, served here or not.

So that roles can be made of them, and the log can tell "not ours" from "no such action": both are answered
alike, and a caller's typing error never gets into the log. Source: WHMCS API reference, API Index.
"""

_NAMES = """
    AcceptOrder AcceptQuote ActivateModule AddAnnouncement AddBannedIp AddBillableItem AddCancelRequest
    AddClient AddClientNote AddContact AddCredit AddInvoicePayment AddOrder AddPayMethod AddProduct
    AddProjectMessage AddProjectTask AddTicketNote AddTicketReply AddTransaction AddUser AffiliateActivate
    ApplyCredit BlockTicketSender CancelOrder CapturePayment CloseClient CreateClientInvite CreateInvoice
    CreateOAuthCredential CreateOrUpdateTLD CreateProject CreateQuote CreateSsoToken DeactivateModule
    DecryptPassword DeleteAnnouncement DeleteClient DeleteContact DeleteOAuthCredential DeleteOrder
    DeletePayMethod DeleteProjectTask DeleteQuote DeleteTicket DeleteTicketNote DeleteTicketReply
    DeleteUserClient DomainGetLockingStatus DomainGetNameservers DomainGetWhoisInfo DomainRegister
    DomainRelease DomainRenew DomainRequestEPP DomainToggleIdProtect DomainTransfer
    DomainUpdateLockingStatus DomainUpdateNameservers DomainUpdateWhoisInfo DomainWhois EncryptPassword
    EndTaskTimer FraudOrder GenInvoices GetActivityLog GetAdminDetails GetAdminUsers GetAffiliates
    GetAnnouncements GetAutomationLog GetCancelledPackages GetClientGroups GetClientPassword GetClients
    GetClientsAddons GetClientsDetails GetClientsDomains GetClientsProducts GetConfigurationValue
    GetContacts GetCredits GetCurrencies GetEmailTemplates GetEmails GetHealthStatus GetInvoice
    GetInvoices GetModuleConfigurationParameters GetModuleQueue GetOrderStatuses GetOrders GetPayMethods
    GetPaymentMethods GetPermissionsList GetProducts GetProject GetProjects GetPromotions GetQuotes
    GetRegistrars GetServers GetStaffOnline GetStats GetSupportDepartments GetSupportStatuses
    GetTLDPricing GetTicket GetTicketAttachment GetTicketCounts GetTicketNotes GetTicketPredefinedCats
    GetTicketPredefinedReplies GetTickets GetToDoItemStatuses GetToDoItems GetTransactions
    GetUserPermissions GetUsers ListOAuthCredentials LogActivity MergeTicket ModuleChangePackage
    ModuleChangePw ModuleCreate ModuleCustom ModuleSuspend ModuleTerminate ModuleUnsuspend OpenTicket
    OrderFraudCheck PendingOrder ResetPassword SendAdminEmail SendEmail SendQuote SetConfigurationValue
    StartTaskTimer TriggerNotificationEvent UpdateAdminNotes UpdateAnnouncement UpdateClient
    UpdateClientAddon UpdateClientDomain UpdateClientProduct UpdateContact UpdateInvoice
    UpdateModuleConfiguration UpdateOAuthCredential UpdatePayMethod UpdateProject UpdateProjectTask
    UpdateQuote UpdateTicket UpdateTicketReply UpdateToDoItem UpdateTransaction UpdateUser
    UpdateUserPermissions UpgradeProduct ValidateLogin WhmcsDetails
"""

ACTION_NAMES = {name.lower(): name for name in _NAMES.split()}
"""The names as the reference writes them, by their lower-case form: the server takes any case."""

KNOWN_ACTIONS = frozenset(ACTION_NAMES)
"""Lower-case names."""
