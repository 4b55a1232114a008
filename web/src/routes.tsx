// Which page stands at which address. Pages are loaded when they are opened.
import { createBrowserRouter, type RouteObject } from "react-router";

import { NotFound } from "./pages/not-found";
import { PageFailed } from "./pages/page-failed";
import { Shell } from "./shell/shell";

/** Pages for people who are logged in. */
const inside: RouteObject[] = [
  { index: true, lazy: async () => ({ Component: (await import("./pages/dashboard/dashboard")).Dashboard }) },
  { path: "contacts", lazy: async () => ({ Component: (await import("./pages/audience/contacts")).Contacts }) },
  { path: "contacts/:id", lazy: async () => ({ Component: (await import("./pages/audience/contact")).Contact }) },
  { path: "lists", lazy: async () => ({ Component: (await import("./pages/audience/lists")).Lists }) },
  { path: "lists/:id", lazy: async () => ({ Component: (await import("./pages/audience/list")).List }) },
  { path: "segments", lazy: async () => ({ Component: (await import("./pages/audience/segments")).Segments }) },
  { path: "segments/new", lazy: async () => ({ Component: (await import("./pages/audience/segment")).NewSegment }) },
  { path: "segments/:id", lazy: async () => ({ Component: (await import("./pages/audience/segment")).Segment }) },
  { path: "suppressions", lazy: async () => ({ Component: (await import("./pages/audience/suppressions")).Suppressions }) },
  { path: "templates", lazy: async () => ({ Component: (await import("./pages/templates/templates")).Templates }) },
  { path: "templates/new", lazy: async () => ({ Component: (await import("./pages/templates/template")).NewTemplate }) },
  { path: "templates/:id", lazy: async () => ({ Component: (await import("./pages/templates/template")).Template }) },
  { path: "files", lazy: async () => ({ Component: (await import("./pages/files/files")).Files }) },
  { path: "accounts", lazy: async () => ({ Component: (await import("./pages/accounts/accounts")).Accounts }) },
  { path: "accounts/:id", lazy: async () => ({ Component: (await import("./pages/accounts/account")).Account }) },
  { path: "whatsapp", lazy: async () => ({ Component: (await import("./pages/whatsapp/whatsapp")).WhatsApp }) },
  { path: "limits", lazy: async () => ({ Component: (await import("./pages/limits/limits")).Limits }) },
  { path: "reply-rules", lazy: async () => ({ Component: (await import("./pages/reply-rules/reply-rules")).ReplyRules }) },
  { path: "domains", lazy: async () => ({ Component: (await import("./pages/domains/domains")).Domains }) },
  { path: "mailboxes", lazy: async () => ({ Component: (await import("./pages/mailboxes/mailboxes")).Mailboxes }) },
  { path: "workers", lazy: async () => ({ Component: (await import("./pages/workers/workers")).Workers }) },
  { path: "audit", lazy: async () => ({ Component: (await import("./pages/audit/audit")).Audit }) },
  {
    path: "settings",
    lazy: async () => ({ Component: (await import("./pages/settings/settings")).Settings }),
    children: [
      { index: true, lazy: async () => ({ Component: (await import("./pages/settings/you")).You }) },
      { path: "workspace", lazy: async () => ({ Component: (await import("./pages/settings/workspace")).Workspace }) },
      { path: "people", lazy: async () => ({ Component: (await import("./pages/settings/people")).People }) },
      { path: "api-keys", lazy: async () => ({ Component: (await import("./pages/settings/api-keys")).ApiKeys }) },
      { path: "webhooks", lazy: async () => ({ Component: (await import("./pages/settings/webhooks")).Webhooks }) },
    ],
  },
  { path: "campaigns", lazy: async () => ({ Component: (await import("./pages/campaigns/campaign-list")).CampaignList }) },
  { path: "campaigns/new", lazy: async () => ({ Component: (await import("./pages/campaigns/new-campaign")).NewCampaign }) },
  { path: "campaigns/:campaignId", lazy: async () => ({ Component: (await import("./pages/campaigns/campaign-page")).CampaignPage }) },
  { path: "start", lazy: async () => ({ Component: (await import("./pages/start/start")).Start }) },
  { path: "accounts/new", lazy: async () => ({ Component: (await import("./pages/accounts/new-account")).NewAccount }) },
  { path: "imports/new", lazy: async () => ({ Component: (await import("./pages/imports/new-import")).NewImport }) },
  { path: "imports/:importId", lazy: async () => ({ Component: (await import("./pages/imports/import-page")).ImportPage }) },
  { path: "*", Component: NotFound },
];

/** Pages that anybody can open. */
const outside: RouteObject[] = [
  { path: "login", lazy: async () => ({ Component: (await import("./pages/login/login")).Login }) },
  { path: "setup", lazy: async () => ({ Component: (await import("./pages/login/setup")).Setup }) },
  { path: "invitation", lazy: async () => ({ Component: (await import("./pages/login/invitation")).Invitation }) },
  { path: "password-reset", lazy: async () => ({ Component: (await import("./pages/login/password-reset")).PasswordReset }) },
];

export const router = createBrowserRouter([
  {
    ErrorBoundary: PageFailed,
    HydrateFallback: () => null,
    children: [...outside, { Component: Shell, children: [{ ErrorBoundary: PageFailed, children: inside }] }],
  },
]);
