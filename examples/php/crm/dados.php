<?php

declare(strict_types=1);

// What a real CRM has in its database. Replace these three functions and the sign-in by your own.

/** The users who may sign in, by login: the agents of the tenant `demo`. @return array<string, string> */
function crm_users(): array
{
    return ['ana' => 'Ana Souza', 'bruno' => 'Bruno Lima', 'carla' => 'Carla Dias'];
}

/** The company's row of the table `empresas`, as a database driver gives it. @return array<string, string> */
function crm_company(): array
{
    return ['usa_cti' => '1', 'cti_tipo' => '10'];
}

/** The contacts: three, and those the user has added. @return list<array{name: string, number: string}> */
function crm_contacts(): array
{
    $own = $_SESSION['contacts'] ?? [];
    return array_merge([
        ['name' => 'Padaria São João', 'number' => '(47) 3210-0123'],
        ['name' => 'Oficina do Zé & Filhos', 'number' => '(47) 3210-0456'],
        ['name' => 'Bruno Lima (ramal)', 'number' => '3502'],
    ], is_array($own) ? $own : []);
}

/** Keeps a contact for as long as the session lasts. False: it is not one. */
function crm_add_contact(string $name, string $number): bool
{
    $isName = $name !== '' && strlen($name) <= 200 && preg_match('//u', $name) === 1;
    if (!$isName || preg_match('/^[0-9()+*#. -]{2,30}$/D', $number) !== 1) {
        return false;
    }
    $_SESSION['contacts'][] = ['name' => $name, 'number' => $number];
    return true;
}
