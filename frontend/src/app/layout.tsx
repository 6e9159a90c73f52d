import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import type { ReactNode } from "react";
import { SiteNav } from "@/features/site/SiteNav";
import { UpdateOffer } from "@/features/site/UpdateOffer";
import { site } from "@/text/site";
import "./globals.css";

const garamond = localFont({
  src: [
    {
      path: "./fonts/eb-garamond-normal.woff2",
      style: "normal",
      weight: "400 600",
    },
    {
      path: "./fonts/eb-garamond-italic.woff2",
      style: "italic",
      weight: "400",
    },
  ],
  variable: "--garamond",
  fallback: ["Georgia", "serif"],
  adjustFontFallback: "Times New Roman",
});

export const metadata: Metadata = {
  title: { default: site.name, template: `%s · ${site.name}` },
  description: site.description,
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f4efe4" },
    { media: "(prefers-color-scheme: dark)", color: "#15140f" },
  ],
};

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en" className={garamond.variable}>
      <body>
        <a className="skip" href="#content">
          {site.skip}
        </a>
        <SiteNav />
        <UpdateOffer />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </body>
    </html>
  );
}
