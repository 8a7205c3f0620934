"""Who is paid where: merchants, their accounts, and the venues as ticketing tells of them. It knows no money."""
