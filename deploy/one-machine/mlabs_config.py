"""Settings of MLabs on this machine, read by hub, spawner and service when they start.

After a change: systemctl restart mlabs (open labs go on). docs/configuration.md has all of MLabs' settings;
JupyterHub's own and those of its authenticators work here too. Secrets are in here: keep it readable by root
and mlabs alone.
"""

c = get_config()  # noqa: F821 - its reader provides it

# --- Addresses: both names lead to this machine; the second shows rendered notebooks, and shares no cookies
c.MLabsService.public_url = "https://labs.example.org"
c.MLabsService.render_url = "https://labs-content.example.net/services/mlabs/"

# --- Databases: PostgreSQL on this machine knows the system user mlabs, without a password
c.JupyterHub.db_url = "postgresql+psycopg:///mlabs_hub?host=/run/postgresql"
c.Store.url = "postgresql+psycopg:///mlabs?host=/run/postgresql"
# Many readers: so many processes answer.
# c.MLabsService.processes = 2

# --- Sign-in: as it is, any user name and the one password in /var/lib/mlabs/secrets/password
# Choose one of these. At the provider, register the callback https://labs.example.org/hub/oauth_callback

# GitHub: https://github.com/settings/applications/new
# c.JupyterHub.authenticator_class = "github"
# c.GitHubOAuthenticator.client_id = "…"
# c.GitHubOAuthenticator.client_secret = "…"
# c.GitHubOAuthenticator.allowed_organizations = {"your-organization"}
# c.GitHubOAuthenticator.scope = ["read:org"]

# Google: https://console.cloud.google.com/apis/credentials; user names are mail addresses.
# c.JupyterHub.authenticator_class = "google"
# c.GoogleOAuthenticator.client_id = "…"
# c.GoogleOAuthenticator.client_secret = "…"
# c.GoogleOAuthenticator.hosted_domain = ["example.org"]
# c.GoogleOAuthenticator.allow_all = True    # all of that domain

# Any OpenID Connect provider (Keycloak, Authentik, Entra ID, GitLab…): the three addresses are in its
# /.well-known/openid-configuration.
# c.JupyterHub.authenticator_class = "generic-oauth"
# c.GenericOAuthenticator.login_service = "our university"
# c.GenericOAuthenticator.client_id = "…"
# c.GenericOAuthenticator.client_secret = "…"
# c.GenericOAuthenticator.authorize_url = "https://login.example.org/authorize"
# c.GenericOAuthenticator.token_url = "https://login.example.org/token"
# c.GenericOAuthenticator.userdata_url = "https://login.example.org/userinfo"
# c.GenericOAuthenticator.scope = ["openid", "profile"]
# c.GenericOAuthenticator.username_claim = "preferred_username"

# For all of them: where people come back to, who may come in, and who administers.
c.OAuthenticator.oauth_callback_url = "https://labs.example.org/hub/oauth_callback"
# c.Authenticator.allowed_users = {"ada", "carol"}
# c.Authenticator.admin_users = {"ada"}

# --- Labs: what a server may use, and when an idle one ends
c.EnvironmentMixin.max_memory = "4G"
c.EnvironmentMixin.idle_timeout = 2 * 3600
# Environments that have an image are offered (mlabs images list); name some to offer only those.
# c.Catalogue.enabled = ["python", "pytorch"]
# c.Labs.default_visibility = "unlisted"

# Plans: JupyterHub's groups and what they may use. Without plans everything is allowed.
# c.Plans.plans = {
#     "free": {"concurrent_servers": 1, "cpu_hours": 40, "memory": "2G"},
#     "pro": {"groups": ["pro"], "concurrent_servers": 3, "gpu_hours": 20, "storage": "10G"},
# }

# --- Mail: notifications; without it they are shown in the pages alone
# c.Mail.host = "smtp.example.org"
# c.Mail.port = 587
# c.Mail.sender = "MLabs <labs@example.org>"
# c.Mail.user = "labs"    # its password: MLABS_SMTP_PASSWORD in /etc/mlabs/environment
