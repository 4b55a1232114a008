// What usual providers of mail ask for: host, port, and the limits that they publish. Whoever has other limits changes them.

export interface ProviderPreset {
  value: string;
  label: string;
  host: string;
  port: number;
  /** Limits as the provider's own pages give them; 0: none published. */
  hourly_limit: number;
  daily_limit: number;
  rate_per_minute: number;
  /** What to know before the password is asked for. */
  hint: string;
  userHint: string;
}

export const PRESETS: readonly ProviderPreset[] = [
  { value: "other", label: "Another server", host: "", port: 587, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0, userHint: "Often the whole e-mail address",
    hint: "Your provider's help names the SMTP server and what it allows. Limits that are higher than the provider's only lead to refusals." },
  { value: "google", label: "Google Workspace", host: "smtp.gmail.com", port: 587, hourly_limit: 0, daily_limit: 2000, rate_per_minute: 20, userHint: "you@your-domain.com",
    hint: "Google takes an app password (with 2-step verification on), never the usual one. 2,000 messages a day and mailbox." },
  { value: "gmail", label: "Gmail (private)", host: "smtp.gmail.com", port: 587, hourly_limit: 0, daily_limit: 500, rate_per_minute: 20, userHint: "you@gmail.com",
    hint: "Google takes an app password (with 2-step verification on), never the usual one. 500 messages a day." },
  { value: "microsoft", label: "Microsoft 365", host: "smtp.office365.com", port: 587, hourly_limit: 0, daily_limit: 10_000, rate_per_minute: 30, userHint: "you@your-domain.com",
    hint: "Microsoft is ending passwords for SMTP: where they are off, log in with OAuth 2. 30 messages a minute, 10,000 a day." },
  { value: "ses", label: "Amazon SES", host: "email-smtp.eu-west-1.amazonaws.com", port: 587, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0, userHint: "The SMTP user name, AKIA…",
    hint: "Choose the server of your region, and SMTP credentials (not the access key). Your sending quota stands in the console; enter it below." },
  { value: "sendgrid", label: "SendGrid", host: "smtp.sendgrid.net", port: 587, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0, userHint: "apikey",
    hint: "The user name is the word apikey, the password is an API key." },
  { value: "mailgun", label: "Mailgun", host: "smtp.eu.mailgun.org", port: 587, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0, userHint: "postmaster@your-domain.com",
    hint: "smtp.mailgun.org in the US, smtp.eu.mailgun.org in the EU. SMTP credentials stand with the domain." },
  { value: "postmark", label: "Postmark (broadcasts)", host: "smtp-broadcasts.postmarkapp.com", port: 587, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0, userHint: "The server's API token",
    hint: "User name and password are the same API token, with a broadcast message stream." },
  { value: "sandbox", label: "The sandbox: try it without sending", host: "127.0.0.1", port: 2525, hourly_limit: 0, daily_limit: 0, rate_per_minute: 0, userHint: "Any, or none",
    hint: "A mail server on this machine that keeps what arrives and passes nothing on. Start it in a terminal with `paceline sandbox --smtp-port 2525`, and the server with PACELINE_PRIVATE_HOSTS=127.0.0.1." },
];
