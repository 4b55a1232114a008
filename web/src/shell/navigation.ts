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
    ],
  },
];
