// What the navigation lists: groups of pages, each with the permission without which it is not shown.
import type { Permission } from "../api/session";
import type { IconName } from "../shared/icons";

export interface NavigationItem {
  to: string;
  label: string;
  icon: IconName;
  needs?: Permission;
}

export interface NavigationGroup {
  label: string;
  items: NavigationItem[];
}

export const NAVIGATION: NavigationGroup[] = [
  {
    label: "Sending",
    items: [
      { to: "/", label: "Dashboard", icon: "dashboard" },
      { to: "/campaigns", label: "Campaigns", icon: "campaign", needs: "campaigns:read" },
      { to: "/templates", label: "Templates", icon: "template", needs: "campaigns:read" },
      { to: "/files", label: "Files", icon: "file", needs: "campaigns:read" },
      { to: "/accounts", label: "Accounts", icon: "account", needs: "accounts:read" },
      { to: "/whatsapp", label: "WhatsApp", icon: "phone", needs: "accounts:read" },
      { to: "/limits", label: "Limits", icon: "limit", needs: "accounts:read" },
      { to: "/reply-rules", label: "Reply rules", icon: "hand", needs: "accounts:read" },
      { to: "/domains", label: "Domains", icon: "key", needs: "accounts:read" },
      { to: "/mailboxes", label: "Mailboxes", icon: "campaign", needs: "accounts:read" },
      { to: "/workers", label: "Workers", icon: "worker", needs: "accounts:read" },
    ],
  },
  {
    label: "Audience",
    items: [
      { to: "/contacts", label: "Contacts", icon: "contacts", needs: "contacts:read" },
      { to: "/lists", label: "Lists", icon: "list", needs: "contacts:read" },
      { to: "/segments", label: "Segments", icon: "segment", needs: "contacts:read" },
      { to: "/suppressions", label: "Suppressions", icon: "suppression", needs: "suppressions:read" },
    ],
  },
  {
    label: "Workspace",
    items: [
      { to: "/settings", label: "Settings", icon: "settings" },
      { to: "/audit", label: "Audit log", icon: "audit", needs: "audit:read" },
    ],
  },
];
