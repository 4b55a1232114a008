// How an account logs in: with a password, or with OAuth 2 (XOAUTH2) where the provider has done away with passwords.
import { PasswordInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";

export interface LoginValues {
  username: string;
  /** Empty: a password. */
  oauth: string;
  password: string;
  client_id: string;
  client_secret: string;
  refresh_token: string;
  tenant: string;
}

export const NO_LOGIN: LoginValues = { username: "", oauth: "", password: "", client_id: "", client_secret: "", refresh_token: "", tenant: "" };

const WAYS = [{ value: "", label: "A password" }, { value: "google", label: "OAuth 2 at Google" }, { value: "microsoft", label: "OAuth 2 at Microsoft" }];
const WHERE_FROM: Record<string, string> = {
  google: "In Google's console: an OAuth client of the kind Desktop, and a refresh token for the scope https://mail.google.com/.",
  microsoft: "In Entra: an application with the permission SMTP.Send, and a refresh token for https://outlook.office.com/SMTP.Send and offline_access.",
};

interface LoginFieldsProps {
  oauth: string;
  /** What binds a field of the form. */
  inputProps: (name: keyof LoginValues) => object;
  userHint?: string;
  /** A login that is stored: its secrets are as they are until others are given. */
  stored?: boolean;
}

export function LoginFields({ oauth, inputProps, userHint, stored = false }: LoginFieldsProps) {
  const kept = stored ? { placeholder: "as it is" } : {};
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select label="Logs in with" allowDeselect={false} data={WAYS} {...inputProps("oauth")} />
        <TextInput label="User name" placeholder={userHint} autoComplete="off" {...inputProps("username")} />
        {!oauth && <PasswordInput label={stored ? "New password" : "Password"} description={stored ? "Needed again when the server changes." : undefined} autoComplete="new-password" {...kept} {...inputProps("password")} />}
        {oauth && <TextInput label="Client id" autoComplete="off" {...kept} {...inputProps("client_id")} />}
        {oauth && <PasswordInput label="Client secret" autoComplete="new-password" {...kept} {...inputProps("client_secret")} />}
        {oauth && <PasswordInput label="Refresh token" autoComplete="new-password" {...kept} {...inputProps("refresh_token")} />}
        {oauth === "microsoft" && <TextInput label="Tenant" description="Empty: common." autoComplete="off" {...inputProps("tenant")} />}
      </SimpleGrid>
      {oauth && <Text size="xs" c="dimmed">{WHERE_FROM[oauth]} Access tokens are renewed by themselves. The secrets are sealed before they are stored, and nobody sees them again.</Text>}
    </Stack>
  );
}

/** What of a login is sent: only what was given, and with OAuth no password. `stored`: how it logs in so far; another way needs its secrets. */
export function givenLogin({ username, oauth, password, client_id, client_secret, refresh_token, tenant }: LoginValues, stored = "") {
  if (!oauth) return { ...(username && { username }), ...((password || stored) && { password }) };
  const secrets = { client_id, client_secret, refresh_token, ...(oauth === "microsoft" && { tenant }) };
  const given = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value));
  return Object.keys(given).length > 0 || oauth !== stored ? { username, oauth, ...given } : { ...(username && { username }) };
}
