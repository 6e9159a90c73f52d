"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { site } from "@/text/site";
import styles from "./SiteNav.module.css";

export function SiteNav() {
  const pathname = usePathname();
  return (
    <header className={styles.header}>
      <Link href="/" prefetch={false} className={styles.name}>
        {site.name}
      </Link>
      <nav aria-label={site.navigation}>
        <ul>
          {site.pages.map(({ href, name }) => (
            <li key={href}>
              <Link href={href} prefetch={false} aria-current={pathname === href ? "page" : undefined}>
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
